using System.Collections.Immutable;
using System.Diagnostics;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Disks;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Disks that no datastore gives out as a file of their own are read under an export lease, as a stream-optimised VMDK.</summary>
public sealed class VcsimNfcTests(TwoVcenters vcenters) : IClassFixture<TwoVcenters>, IAsyncLifetime
{
    private const int Limit = 60_000;
    private const string Name = "exported";
    private const string Migration = "vmm-00000000000000fc";
    private const string Mode = "<diskMode>persistent</diskMode>";
    private const string LinkedClone = Mode + "<parent><fileName>[LocalDS_0] golden/golden.vmdk</fileName></parent>";

    private readonly VSphereSite _home = vcenters.Home.Open("vc1");
    private readonly VSphereSite _away = vcenters.Away.Open("vc2");
    private readonly byte[] _content = VcsimWorld.Content(4 << 20, 9);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VcsimWorld ByHand => new(vcenters.Home, _home);

    public async ValueTask InitializeAsync() => await ByHand.CreateVmAsync(Name, _content, Cancel);

    public async ValueTask DisposeAsync()
    {
        await vcenters.Home.AlterAsync("", "");
        await ByHand.DeleteVmAsync(Name, CancellationToken.None);
        await new VcsimWorld(vcenters.Away, _away).DeleteVmAsync(Name, CancellationToken.None);
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_linked_clone_is_read_under_a_lease_that_is_kept_and_given_back()
    {
        await vcenters.Home.AlterAsync(Mode, LinkedClone);
        var vm = await OneAsync(_home);
        Assert.Equal(NfcDisk.Kind, _home.DescribeAccess(vm.Disks[0], null));

        await using (var first = await _home.OpenVmDiskAsync(vm.Id, "sda", false, Cancel))
        await using (var second = await _home.OpenVmDiskAsync(vm.Id, "sda", false, Cancel))
        {
            Assert.Equal(NfcDisk.Kind, first.Description);
            Assert.Equal(_content, await ReadAsync(first));
            Assert.Equal(_content, await ReadAsync(second));
            await using var reader = first.OpenReader();
            Assert.Equal(2L << 20, (await reader.AllocatedExtentsAsync(Cancel)).TotalBytes);
            Assert.StartsWith("1 open", await vcenters.Home.LeasesAsync(), StringComparison.Ordinal);
            while ((await vcenters.Home.LeasesAsync()).Contains(" 0 told", StringComparison.Ordinal))
            {
                await Task.Delay(100, Cancel);
            }
        }

        Assert.Matches("^0 open.*HttpNfcLeaseComplete", await vcenters.Home.LeasesAsync());
        var refused = await Assert.ThrowsAsync<PlatformException>(() => _home.OpenVmDiskAsync(vm.Id, "sda", true, Cancel));
        Assert.Contains("is not written to", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_fenced_VM_is_exported_and_fenced_again_and_a_stream_that_is_cut_is_begun_again()
    {
        await vcenters.Home.AlterAsync(Mode, LinkedClone);
        var vm = await OneAsync(_home);
        await _home.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancel);
        await _home.EnsureFencedAsync(vm.Id, Migration, Cancel);
        await vcenters.Home.LeasesAsync(cut: 1);

        await using (var disk = await _home.OpenVmDiskAsync(vm.Id, "sda", false, Cancel))
        {
            Assert.Equal(_content, await ReadAsync(disk));
        }

        Assert.Equal(FenceState.Standing, await _home.InspectFenceAsync(vm.Id, Migration, Cancel));
        Assert.StartsWith("0 open", await vcenters.Home.LeasesAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task An_account_that_may_not_read_the_datastore_reads_under_a_lease()
    {
        var vm = await OneAsync(_home);
        await vcenters.Home.OrderAsync("folder", "status:403");

        await using var disk = await _home.OpenVmDiskAsync(vm.Id, "sda", false, Cancel);

        Assert.Equal(NfcDisk.Kind, disk.Description);
        Assert.Equal(_content, await ReadAsync(disk));
    }

    [Fact(Timeout = Limit)]
    public async Task A_linked_clone_moves_cold_where_its_way_back_is_declared_to_need_no_writing_at_home()
    {
        await vcenters.Home.AlterAsync(Mode, LinkedClone);
        var spec = new MigrationSpec { Vm = new VmReference("vc1", Name, null), Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null), Goal = MigrationGoal.CutOver };
        var sites = new Book(_home, _away);
        var blocked = await PreflightRunner.RunAsync(spec, null, sites, false, TimeProvider.System, RunEvents.None, Cancel);
        Assert.Contains(blocked.Findings, finding => finding.Id == "rollback.source-unwritable" && finding.Severity == Severity.Error);

        spec = spec with { Rollback = RollbackChanges.Discard };
        var outcome = await VcsimMoves.UpAsync(spec, null, Cancel, _home, _away);
        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        var copy = await OneAsync(_away);
        Assert.Equal(_content, await File.ReadAllBytesAsync(vcenters.Away.FlatOf(copy.Disks[0].Location), Cancel));

        var (_, back) = await Drive.RunAsync(spec, null, sites, removal: true, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);
        Assert.True(back!.Failed is null, $"{back.Failed?.Name}: {back.Why}");
        Assert.Null((await OneAsync(_home)).Stamp);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_of_QEMUs_own_is_read_and_one_that_is_cut_or_spoilt_is_told()
    {
        var folder = Directory.CreateTempSubdirectory("vmmigrate-stream-").FullName;
        try
        {
            var (raw, vmdk) = (Path.Combine(folder, "disk.raw"), Path.Combine(folder, "disk.vmdk"));
            await File.WriteAllBytesAsync(raw, _content, Cancel);
            using (var convert = Process.Start("qemu-img", ["convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, vmdk]))
            {
                await convert.WaitForExitAsync(Cancel);
            }

            var stream = await File.ReadAllBytesAsync(vmdk, Cancel);
            Assert.Equal(_content, await UnpackAsync(stream));
            // Behind the last grain QEMU may write nothing: then its tables say what is missing.
            await Assert.ThrowsAsync<StreamVmdkException>(() => UnpackAsync(stream[..(stream.Length / 2 / 512 * 512)]));
            await Assert.ThrowsAsync<StreamVmdkException>(() => UnpackAsync(stream[..(stream.Length / 2)]));
            var random = new Random(5);
            for (var round = 0; round < 200; round++)
            {
                var spoilt = stream.ToArray();
                for (var bytes = 0; bytes < 4; bytes++)
                {
                    spoilt[random.Next(round % 2 == 0 ? 512 : spoilt.Length)] = (byte)random.Next(256);
                }

                try
                {
                    await UnpackAsync(spoilt);
                }
                catch (StreamVmdkException)
                {
                    // Any other exception is a fault of ours.
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<byte[]> UnpackAsync(byte[] stream)
    {
        var vmdk = await StreamVmdk.OpenAsync(new MemoryStream(stream), Cancel);
        if (vmdk.LengthBytes > 1L << 30)
        {
            return [];
        }

        var content = new byte[vmdk.LengthBytes];
        await vmdk.ReadAsync(
            (offset, grain) =>
            {
                grain.CopyTo(content.AsMemory((int)offset));
                return ValueTask.CompletedTask;
            },
            Cancel);
        return content;
    }

    private static async Task<byte[]> ReadAsync(DiskAccess disk)
    {
        await using var reader = disk.OpenReader();
        var content = new byte[disk.LengthBytes];
        await reader.ReadAsync(0, content, Cancel);
        return content;
    }

    private static async Task<Vm> OneAsync(VSphereSite site) => Assert.Single(await site.FindByNameAsync(Name, Cancel));
}
