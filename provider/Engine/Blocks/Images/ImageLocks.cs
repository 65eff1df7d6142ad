namespace VmMigrate.Engine.Blocks.Images;

/// <summary>The byte-range locks by which QEMU's processes keep each other from opening one image in ways that clash, taken and honoured as QEMU does.</summary>
/// <remarks>
/// QEMU numbers what one may do with an image (0 consistent read, 1 write, 2 write of unchanged data, 3 resize). Whoever does number n holds a shared lock on byte 100 + n; whoever
/// cannot bear others doing it holds one on byte 200 + n. One takes one's own locks first and then looks for the others' opposites, so that of two who come together at least one sees the other.
/// The locks belong to the open file description (fcntl(2), F_OFD_SETLK) and end when the file is closed. Source: QEMU's block driver for files and its manual, "Disk image file locking".
/// </remarks>
internal static class ImageLocks
{
    private const long DoesAt = 100;
    private const long ForbidsAt = 200;

    private const int ConsistentRead = 0;
    private const int Write = 1;
    private const int WriteUnchanged = 2;
    private const int Resize = 3;

    private static readonly string[] Names = ["read", "write", "write unchanged data to", "resize"];

    /// <summary>We read and rely on nobody writing or resizing meanwhile; other readers are welcome.</summary>
    /// <exception cref="ImageException"><see cref="ImageFault.InUse"/>: another process writes.</exception>
    internal static void TakeForReading(HostFile file) => Take(file, [ConsistentRead], [Write, Resize]);

    /// <summary>We write and rely on being alone: not even a reader could make sense of a half-written image.</summary>
    /// <exception cref="ImageException"><see cref="ImageFault.InUse"/>: another process has it open.</exception>
    internal static void TakeForWriting(HostFile file) =>
        Take(file, [ConsistentRead, Write, Resize], [ConsistentRead, Write, WriteUnchanged, Resize]);

    private static void Take(HostFile file, ReadOnlySpan<int> does, ReadOnlySpan<int> forbids)
    {
        foreach (var what in does)
        {
            if (!file.TryLockShared(DoesAt + what))
                throw InUse(file, $"lets nobody else {Names[what]} it");
        }

        foreach (var what in forbids)
        {
            if (!file.TryLockShared(ForbidsAt + what))
                throw InUse(file, $"may {Names[what]} it");
        }

        foreach (var what in does)
        {
            if (file.IsLockedElsewhere(ForbidsAt + what))
                throw InUse(file, $"lets nobody else {Names[what]} it");
        }

        foreach (var what in forbids)
        {
            if (file.IsLockedElsewhere(DoesAt + what))
                throw InUse(file, $"may {Names[what]} it");
        }
    }

    private static ImageException InUse(HostFile file, string why) => new(
        ImageFault.InUse, file.FilePath,
        $"another process (a running VM, qemu-nbd, qemu-img or a migration) holds it open and {why}. Nothing was changed. Wait until it is closed, or go through that process (NBD) instead.");
}
