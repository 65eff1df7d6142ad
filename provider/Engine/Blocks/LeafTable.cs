using Microsoft.Win32.SafeHandles;

namespace VmMigrate.Engine.Blocks;

/// <summary>The digests of every leaf and chunk of a disk, in a file without a name: the disk's size costs room on the runner's disk, 256 KiB a GiB of content, and no memory.</summary>
/// <remarks>
/// <code>
/// chunk digests, in order   up to the next MiB   the leaves of chunk 0, of chunk 1, …; what was never written is a hole
/// </code>
/// The file is unlinked as soon as it is open, so that nothing is left of it however this process ends. It lies in TMPDIR or else /var/tmp, which is on a disk where /tmp may be memory.
/// </remarks>
internal sealed class LeafTable : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _folder;
    private readonly int _size;
    private readonly int _recordBytes;
    private readonly long _leavesAt;

    /// <param name="digestBytes">Bytes of one digest.</param>
    /// <exception cref="BlockException">The file cannot be made.</exception>
    internal LeafTable(long chunks, int digestBytes)
    {
        _size = digestBytes;
        _recordBytes = DigestTree.LeavesPerChunk * digestBytes;
        _leavesAt = ((chunks * digestBytes) + (1 << 20) - 1) & -(1L << 20);
        _folder = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } chosen ? chosen : Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath();
        try
        {
            var path = Path.Combine(_folder, $"vmmigrate-digests-{Path.GetRandomFileName()}");
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    internal void Write(long chunk, ReadOnlySpan<byte> leaves, ReadOnlySpan<byte> digest)
    {
        try
        {
            RandomAccess.Write(_file, leaves, _leavesAt + (chunk * _recordBytes));
            RandomAccess.Write(_file, digest, chunk * _size);
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

    internal void ReadLeaves(long chunk, Span<byte> leaves) => Read(leaves, _leavesAt + (chunk * _recordBytes));

    /// <summary>The digests of neighbouring chunks; of those that were never written, anything.</summary>
    internal void ReadDigests(long first, Span<byte> digests) => Read(digests, first * _size);

    /// <summary>Takes over all that another table of the same disk holds.</summary>
    internal void CopyFrom(LeafTable other)
    {
        var buffer = new byte[1 << 20];
        try
        {
            var length = RandomAccess.GetLength(other._file);
            for (long at = 0; at < length; at += buffer.Length)
            {
                var part = buffer.AsSpan(0, RandomAccess.Read(other._file, buffer, at));
                // Holes stay holes.
                if (part.ContainsAnyExcept((byte)0))
                    RandomAccess.Write(_file, part, at);
            }
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

    public void Dispose() => _file.Dispose();

    private void Read(Span<byte> into, long offset)
    {
        try
        {
            for (int count; into.Length > 0; into = into[count..], offset += count)
            {
                count = RandomAccess.Read(_file, into, offset);
                if (count == 0)
                {
                    // Behind the end lies what was never written.
                    into.Clear();
                    return;
                }
            }
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

    private BlockException Failure(Exception e) => new(
        BlockErrorKind.WriteFailed,
        $"The digests of a disk, which later rounds are compared with, cannot be kept in a file in {_folder}: {e.Message} Give that folder 512 KiB for each GiB of disk content, or set TMPDIR to another one.",
        canRetry: false, e);
}
