using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>The flat file of a disk on a datastore, read by ranges over HTTPS and written as a whole.</summary>
/// <param name="name">For messages.</param>
/// <param name="lengthBytes">The disk's length. Behind the end of a shorter file there are zeroes.</param>
internal sealed class FlatDisk(string name, DatastoreFiles files, DatastorePath file, long lengthBytes)
{
    internal string Name => name;

    internal DatastoreFiles Files => files;

    internal DatastorePath File => file;

    internal long LengthBytes => lengthBytes;

    /// <summary>What of it is in use, where the platform tells; the rest reads as zeroes.</summary>
    internal ExtentSet? Used { get; init; }

    /// <summary>How long the file itself is.</summary>
    internal long FileBytes { get; set; }

    internal BlockException Failed(BlockErrorKind kind, string why, bool canRetry, Exception? inner = null) =>
        new(kind, $"{name}: {why}", canRetry, inner) { Disk = name };

    internal BlockException Failed(PlatformException exception) => Failed(
        exception.Kind switch
        {
            PlatformErrorKind.Lost => BlockErrorKind.Lost,
            PlatformErrorKind.Unreachable => BlockErrorKind.Unreachable,
            PlatformErrorKind.TimedOut => BlockErrorKind.TimedOut,
            PlatformErrorKind.Full => BlockErrorKind.NoSpace,
            _ => BlockErrorKind.Refused,
        },
        exception.Message,
        exception.RetryCanHelp,
        exception);
}

/// <summary>Puts a disk as it is to be in place of what there is, at a flush. May be done again after it has failed.</summary>
internal delegate Task FlatDelivery(FlatDiskAccess access, MergedDisk content, CancellationToken cancellation);

/// <summary>A disk behind a datastore's HTTPS address.</summary>
/// <param name="send">Null where it is opened for reading only.</param>
internal sealed class FlatDiskAccess(FlatDisk disk, string way, FlatDelivery? send) : DiskAccess
{
    internal const string Kind = "HTTPS ranges of the datastore (slow: usually 20 to 60 MB/s)";

    internal const string UploadKind = "HTTPS upload to the datastore (slow: usually 20 to 60 MB/s; the whole file at the end of each copy, from a spool on this machine; a disk of which it breaks is sent anew, a whole one is not)";

    internal const string ImportKind = "NFC import lease (medium: usually 50 to 150 MB/s; what is not zero, compressed, at the end of each copy, from a spool on this machine; a disk of which it breaks is sent anew, a whole one is not)";

    public override long LengthBytes => disk.LengthBytes;

    public override string Description => Way;

    /// <summary>May turn out to be another one when the disk is sent.</summary>
    internal string Way { get; set; } = way;

    public override BlockReader OpenReader() => new FlatReader(disk);

    public override BlockWriter OpenWriter() => new FlatWriter(disk, this, send ?? throw new InvalidOperationException("The disk was opened for reading only."));

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
