using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>One disk of a backup that runs, at QEMU's own NBD server.</summary>
internal sealed class BackupDiskAccess : DiskAccess
{
    private readonly NbdEndpoint _endpoint;
    private readonly NbdReader _first;

    private BackupDiskAccess(NbdEndpoint endpoint, NbdReader first, string description)
    {
        _endpoint = endpoint;
        _first = first;
        Description = description;
    }

    public override long LengthBytes => _first.LengthBytes;

    public override string Description { get; }

    internal static async Task<DiskAccess> OpenAsync(NbdEndpoint endpoint, string description, CancellationToken cancellation) =>
        new BackupDiskAccess(endpoint, await NbdReader.ConnectAsync(endpoint, new NbdOptions(), cancellation).ConfigureAwait(false), description);

    public override BlockReader OpenReader() => NbdReader.ConnectAsync(_endpoint, new NbdOptions(), CancellationToken.None).GetAwaiter().GetResult();

    public override BlockWriter OpenWriter() => throw new InvalidOperationException("A round is for reading only.");

    public override ValueTask DisposeAsync() => _first.DisposeAsync();
}
