namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A raw image: the file's (or block device's) bytes are the disk's bytes, and its holes are the disk's holes.</summary>
internal sealed class RawFile : ImageWriter
{
    private readonly HostFile _file;
    private readonly long _length;

    private RawFile(HostFile file, long length)
    {
        _file = file;
        _length = length;
    }

    internal override string FilePath => _file.FilePath;

    internal override long LengthBytes => _length;

    internal bool IsBlockDevice => _file.IsBlockDevice;

    /// <exception cref="ImageException">It cannot be opened, or another process writes to it.</exception>
    internal static RawFile OpenForReading(string path) => FromLocked(HostFile.OpenForReading(path), ImageLocks.TakeForReading);

    /// <exception cref="ImageException">It cannot be opened, or another process has it open.</exception>
    internal static RawFile OpenForWriting(string path) => FromLocked(HostFile.OpenForWriting(path), ImageLocks.TakeForWriting);

    /// <summary>Creates a file that is all hole.</summary>
    /// <exception cref="ImageException">It cannot be created, or exists already.</exception>
    internal static RawFile Create(string path, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        return FromLocked(
            HostFile.Create(path),
            file =>
            {
                ImageLocks.TakeForWriting(file);
                file.SetLength(lengthBytes);
            });
    }

    /// <summary>Wraps a file that is open and locked already; owns it from here on.</summary>
    internal static RawFile Over(HostFile file) => new(file, file.LengthBytes);

    private static RawFile FromLocked(HostFile file, Action<HostFile> prepare)
    {
        try
        {
            prepare(file);
            return Over(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal override void ReadAt(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        if (_file.Read(buffer, offset) != buffer.Length)
            throw new ImageException(ImageFault.Io, FilePath, $"it was {_length} bytes long when it was opened and is shorter now.");
    }

    internal override void WriteAt(ReadOnlySpan<byte> data, long offset)
    {
        CheckWritable();
        CheckRange(offset, data.Length);
        _file.Write(data, offset);
    }

    internal override void WriteZeroesAt(long offset, long lengthBytes)
    {
        CheckWritable();
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        CheckRange(offset, lengthBytes);
        _file.Zero(offset, lengthBytes);
    }

    internal override void Flush()
    {
        if (_file.IsWritable)
            _file.Sync();
    }

    internal override IEnumerable<ImageExtent> Extents(Extent within)
    {
        CheckRange(within.Offset, within.LengthBytes);
        return Join(Parts(within));
    }

    private IEnumerable<ImageExtent> Parts(Extent within)
    {
        for (var at = within.Offset; at < within.End;)
        {
            var (kind, length) = StoredAt(at, within.End - at);
            yield return new ImageExtent(new Extent(at, length), kind);
            at += length;
        }
    }

    /// <summary>What is stored at an offset, and for how many bytes that holds.</summary>
    internal (ImageExtentKind Kind, long LengthBytes) StoredAt(long offset, long atMost)
    {
        var data = _file.NextData(offset);
        if (data is null || data > offset)
            return (ImageExtentKind.Hole, Math.Min(atMost, (data ?? long.MaxValue) - offset));
        var hole = _file.NextHole(offset);

        // A hole that opens right here since the last call (we may be the one who punches): the range counts as data, so that we always get on.
        return (ImageExtentKind.Data, hole > offset ? Math.Min(atMost, hole - offset) : Math.Min(atMost, 4096));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
    }

    private void CheckWritable()
    {
        if (!_file.IsWritable)
            throw new InvalidOperationException($"Image {FilePath} was opened for reading.");
    }
}
