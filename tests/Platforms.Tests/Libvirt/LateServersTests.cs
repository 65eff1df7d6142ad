using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>Servers that a run which stands still has left on a host, here or behind ssh: the run that took over ends them, and nobody else's.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class LateServersTests(TwoHosts lab) : IAsyncLifetime
{
    private const string Guest = "late-guest";
    private const string Migration = "vmm-1a7e5e12e1200000";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await TwoHosts.FreshGuestAsync(Guest);

    public async ValueTask DisposeAsync() => await TwoHosts.ForgetAsync(Guest);

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_this_migration_only_they_are_ended_and_its_VM_can_start(bool far)
    {
        await using var ssh = far ? await LoopbackSsh.StartAsync(Cancel) : null;
        LibvirtSite Open() => ssh is null ? lab.Open(TwoHosts.Dc1, directFiles: false) : new LibvirtSite("far", lab.UriThrough(ssh, TwoHosts.Dc1), TimeProvider.System);
        await using var late = Open();
        await using var taker = Open();
        var vm = Assert.Single(await late.FindByNameAsync(Guest, Cancel));
        await late.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);
        var made = await late.EnsureDiskAsync(new DiskRequest(Migration, Guest, TwoHosts.Pool, "vdb", 8 << 20, null), Cancel);
        var others = await late.EnsureDiskAsync(new DiskRequest("vmm-0ce0000000000000", Guest, TwoHosts.Pool, "vdb", 8 << 20, null), Cancel);

        await using (var home = await late.OpenVmDiskAsync(vm.Id, vm.Disks[0].Name, writable: true, Cancel))
        await using (var copy = await late.OpenDiskAsync(made, Cancel))
        await using (var other = await late.OpenDiskAsync(others, Cancel))
        {
            // What a late run is told when it looks for its lease.
            home.MayReopen = copy.MayReopen = other.MayReopen = static _ => throw new LeaseLostException("another run drives this migration");

            // The first is written, as on a way back, so the VM cannot start while it is served.
            Assert.Contains("lock", await lab.VirshFailsAsync(TwoHosts.Dc1, "start", Guest), StringComparison.Ordinal);

            var ended = await taker.EndLateServersAsync(Migration, Cancel);
            Assert.Equal(2, ended.Length);
            Assert.Contains(ended, what => what.EndsWith($"{vm.Disks[0].Location} open", StringComparison.Ordinal));
            Assert.Contains(ended, what => what.EndsWith($"{made.Location} open", StringComparison.Ordinal));
            Assert.Empty(await taker.EndLateServersAsync(Migration, Cancel));
            Assert.NotEmpty(await TwoHosts.RunAsync("pgrep", ["-f", others.Location]));
            await lab.VirshAsync(TwoHosts.Dc1, "start", Guest);
        }

        foreach (var disk in new[] { made, others })
        {
            await taker.EnsureDiskRemovedAsync(disk, Cancel);
        }
    }
}
