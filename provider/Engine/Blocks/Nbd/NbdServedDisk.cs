namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>What an <see cref="NbdServer"/> serves: bytes at any place, from several threads at once.</summary>
/// <remarks>A <see cref="BlockException"/> or <see cref="IOException"/> becomes an error reply: ENOSPC for <see cref="BlockErrorKind.NoSpace"/>, else EIO.</remarks>
internal abstract class NbdServedDisk
{
    internal abstract long LengthBytes { get; }

    internal virtual bool IsReadOnly => false;

    internal abstract void Read(long offset, Span<byte> into);

    internal abstract void Write(long offset, ReadOnlySpan<byte> content);

    internal abstract void Zero(long offset, long lengthBytes);

    internal abstract void Flush();

    /// <summary>The run that starts at <paramref name="offset"/>, at most <paramref name="lengthBytes"/> long: how long it is, and whether it reads as zeroes.</summary>
    internal virtual (long LengthBytes, bool IsZero) RunAt(long offset, long lengthBytes) => (lengthBytes, false);
}
