namespace VmMigrate.Engine.Blocks.Images;

/// <content>Creating and opening.</content>
internal sealed partial class Qcow2Writer
{
    /// <summary>Creates a version 3 image that stores nothing.</summary>
    /// <param name="lengthBytes">Of the disk; rounded up to whole sectors of 512 bytes, since QEMU does not see what lies behind the last whole one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative size, or one that needs larger clusters.</exception>
    /// <exception cref="ImageException">It cannot be created, or exists already.</exception>
    internal static Qcow2Writer Create(string path, long lengthBytes, Qcow2WriterOptions? options = null)
    {
        options ??= Qcow2WriterOptions.Default;
        _ = Qcow2NewImage.Check(lengthBytes, options.ClusterBytes);
        return Create(HostFile.Create(path), lengthBytes, options);
    }

    /// <summary>Makes an image of a file that is new and empty; owns it from here on, and removes it when that fails.</summary>
    internal static Qcow2Writer Create(HostFile file, long lengthBytes, Qcow2WriterOptions options)
    {
        var clusterBits = Qcow2NewImage.Check(lengthBytes, options.ClusterBytes);
        try
        {
            ImageLocks.TakeForWriting(file);
            var (header, refcounts) = Qcow2NewImage.Write(file, (lengthBytes + 511) & ~511L, clusterBits);
            return new Qcow2Writer(file, header, refcounts, new ulong[header.L1Entries], options);
        }
        catch
        {
            // What was begun here is nothing yet, and nobody else's.
            file.Dispose();
            File.Delete(file.FilePath);
            throw;
        }
    }

    /// <summary>Opens an image that exists, after checking that its tables fit together (<see cref="Qcow2Audit"/>).</summary>
    /// <exception cref="ImageException">Another process has it open, it is malformed or inconsistent, or has what we do not write: a backing file, snapshots, bitmaps, extended L2 entries.</exception>
    internal static Qcow2Writer Open(string path, Qcow2WriterOptions? options = null) => Open(HostFile.OpenForWriting(path), options ?? Qcow2WriterOptions.Default);

    /// <inheritdoc cref="Open(string, Qcow2WriterOptions?)"/>
    internal static Qcow2Writer Open(HostFile file, Qcow2WriterOptions options)
    {
        try
        {
            ImageLocks.TakeForWriting(file);
            var header = Qcow2Header.Read(file);
            RefuseWhatWeDoNotWrite(file, header);
            var l1 = Qcow2Layer.ReadL1(file, header, header.L1Offset, header.LengthBytes);
            var refcounts = Qcow2Refcounts.Load(file, header, 0);
            if (Qcow2Audit.Run(file, header, l1, refcounts))
                file.Sync();
            var writer = new Qcow2Writer(file, header, refcounts, l1, options);

            // New clusters are taken to be zero: nothing may be left behind the last one in use.
            if (file.LengthBytes > writer.FileBound)
                file.SetLength(writer.FileBound);
            return writer;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RefuseWhatWeDoNotWrite(HostFile file, Qcow2Header header)
    {
        var refused =
            file.IsBlockDevice ? "it lies on a block device, and only qcow2 files can be written to"
            : header.BackingPath is not null ? "it has a backing file, and only images that stand alone can be written to"
            : header.SnapshotCount != 0 ? $"it has {header.SnapshotCount} internal snapshots, which writing would have to keep apart"
            : header.Bitmaps is not null ? "it has persistent bitmaps, which writing would make wrong. Remove them with qemu-img bitmap --remove first"
            : header.AutoclearFeatures != 0 ? $"it has the autoclear features 0x{header.AutoclearFeatures:x}, which we do not know"
            : header.HasExtendedL2 ? "it has extended L2 entries, which can only be read"
            : null;
        if (refused is not null)
            throw new ImageException(ImageFault.Unsupported, file.FilePath, refused + ".");
        if (header.IsDirty)
            throw new ImageException(ImageFault.Inconsistent, file.FilePath, "it was not closed cleanly and its refcounts may be wrong. Repair it with qemu-img check -r all first.");
    }
}
