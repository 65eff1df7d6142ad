using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>A file that remembers every change in order, so that what would be left after a crash at any moment can be made.</summary>
internal sealed class RecordingFile : HostFile
{
    private readonly List<Change> _changes = [];

    private RecordingFile(string path, int flags)
        : base(path, flags)
    {
    }

    internal IReadOnlyList<Change> Changes => _changes;

    internal static new RecordingFile Create(string path) => new(path, NativeMethods.OpenReadWrite | NativeMethods.OpenCreate | NativeMethods.OpenExclusive);

    internal static new RecordingFile OpenForWriting(string path) => new(path, NativeMethods.OpenReadWrite);

    internal override void Write(ReadOnlySpan<byte> data, long offset)
    {
        base.Write(data, offset);
        _changes.Add(new Change(ChangeKind.Write, offset, data.Length, data.ToArray()));
    }

    internal override void Zero(long offset, long lengthBytes)
    {
        base.Zero(offset, lengthBytes);
        _changes.Add(new Change(ChangeKind.Zero, offset, lengthBytes, []));
    }

    internal override void SetLength(long lengthBytes)
    {
        base.SetLength(lengthBytes);
        _changes.Add(new Change(ChangeKind.Length, 0, lengthBytes, []));
    }

    /// <summary>Noted only: nobody cuts the power of the machine that the tests run on.</summary>
    internal override void Sync()
    {
        _changes.Add(new Change(ChangeKind.Sync, 0, 0, []));
    }

    internal enum ChangeKind
    {
        Write,
        Zero,
        Length,
        Sync,
    }

    internal sealed record Change(ChangeKind Kind, long Offset, long LengthBytes, byte[] Data)
    {
        /// <summary>Does to a file in memory what it did to the real one, to those sectors that <paramref name="isKept"/> says.</summary>
        internal byte[] ApplyTo(byte[] file, Func<bool> isKept)
        {
            if (Kind == ChangeKind.Sync || (Kind == ChangeKind.Length && !isKept()))
                return file;
            if (Kind == ChangeKind.Length)
            {
                Array.Resize(ref file, (int)LengthBytes);
                return file;
            }

            for (var at = Offset; at < Offset + LengthBytes;)
            {
                var end = Math.Min(Offset + LengthBytes, (at | 511) + 1);
                if (isKept())
                {
                    if (Kind == ChangeKind.Write && file.Length < end)
                        Array.Resize(ref file, (int)end);
                    var reach = Math.Min(end, file.Length);
                    if (at < reach && Kind == ChangeKind.Write)
                        Data.AsSpan((int)(at - Offset), (int)(reach - at)).CopyTo(file.AsSpan((int)at));
                    else if (at < reach)
                        file.AsSpan((int)at, (int)(reach - at)).Clear();
                }

                at = end;
            }

            return file;
        }
    }
}
