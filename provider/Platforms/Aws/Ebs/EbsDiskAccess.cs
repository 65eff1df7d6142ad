using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>An open disk of snapshots.</summary>
/// <param name="writable">Whether it may be written to.</param>
/// <param name="whenClosed">What is left to do when whoever opened it has done with it; it hears whether anything was written.</param>
internal sealed class EbsDiskAccess(SnapshotDisk disk, int blocksInFlight, bool writable, Func<Task>? whenClosed, ResumeStore? resume = null) : DiskAccess
{
    public override long LengthBytes => disk.LengthBytes;

    public override string Description => $"EBS direct, {blocksInFlight} blocks in flight";

    public override string? Notice => disk.Pace.Notice;

    public override ResumeStore? Resume => resume;

    public override BlockReader OpenReader() => new EbsReader(disk.Name, disk.LengthBytes, blocksInFlight, disk.ReadAsync);

    public override BlockWriter OpenWriter() => writable
        ? new EbsWriter(disk, blocksInFlight)
        : throw new InvalidOperationException($"{disk.Name} was opened for reading only.");

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (whenClosed is not null)
            {
                await whenClosed().ConfigureAwait(false);
            }
        }
        finally
        {
            disk.Flush();
            disk.Dispose();
        }
    }
}
