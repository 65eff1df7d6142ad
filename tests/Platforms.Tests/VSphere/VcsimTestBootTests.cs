using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Goal Tested towards vSphere: a VM boots on the copied disks, apart from everything, and what it writes is thrown away.</summary>
public sealed class VcsimTestBootTests : IAsyncLifetime
{
    private const int Limit = 240_000;
    private const string Name = "tested-01";

    private Vcsim _home = null!;
    private Vcsim _away = null!;
    private VSphereSite _vc1 = null!;
    private VSphereSite _vc2 = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Assert.Single(Directory.EnumerateDirectories(_away.Datastores[_away.Datastore]), folder => folder.Contains("vmm-", StringComparison.Ordinal) && !folder.EndsWith("leases", StringComparison.Ordinal));

    public async ValueTask InitializeAsync()
    {
        _home = await Vcsim.StartAsync("-guests");
        _away = await Vcsim.StartAsync("-guests");
        _vc1 = _home.Open("vc1");
        _vc2 = _away.Open("vc2");
        await new VcsimWorld(_home, _vc1).CreateRunningVmAsync(Name, VcsimWorld.Content(4 << 20, 3), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _vc1.DisposeAsync();
        await _vc2.DisposeAsync();
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_replica_is_booted_seen_alive_and_left_as_it_was_and_a_cutover_goes_on_from_it()
    {
        var (preview, tested) = await DriveAsync(MigrationGoal.Tested);

        Assert.True(tested is { Failed: null }, $"{tested?.Failed?.Name}: {tested?.Why}\n{string.Join('\n', preview.Findings)}");
        Assert.Equal(["boot test clone", "prove test", "remove test clone"], tested!.Done.TakeLast(3).Select(step => step.Name));
        // Datastores take disks whole, which preview says with its bytes.
        Assert.Contains(preview.Findings, finding => finding.Id == "cutover.whole-disks" && finding.Message.Contains("4 MiB a round", StringComparison.Ordinal));
        Assert.Empty((await _vc2.DescribeAsync(Cancel)).Vms);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Folder), entry => entry.EndsWith("test", StringComparison.Ordinal));
        var source = Assert.Single(await _vc1.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, source.Power);
        Assert.True(TestedNote.IsUpToDate(source.Stamp));
        // The clone wrote "tick" under its own name, into a log that is gone.
        Assert.DoesNotContain("-test-", System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(Folder, "*-flat.vmdk")), Cancel)), StringComparison.Ordinal);

        var (_, moved) = await DriveAsync(MigrationGoal.CutOver);
        Assert.True(moved is { Failed: null }, $"{moved?.Failed?.Name}: {moved?.Why}");
        Assert.Equal(PowerState.Running, Assert.Single(await _vc2.FindByNameAsync(Name, Cancel)).Power);
    }

    [Fact(Timeout = Limit)]
    public async Task A_clone_that_does_not_come_up_is_removed_and_one_that_a_killed_run_left_goes_first_with_the_disks_where_they_are()
    {
        await _away.OrderAsync("PowerOnVM_Task", "task:NoPermission");
        var (_, failed) = await DriveAsync(MigrationGoal.Tested);
        Assert.Equal("boot test clone", failed!.Failed?.Name);
        Assert.Empty((await _vc2.DescribeAsync(Cancel)).Vms);

        // As after a kill between the boot and the end.
        var seen = Assert.Single(await _vc1.FindByNameAsync(Name, Cancel));
        var id = seen.Stamp!.MigrationId;
        var disk = Assert.Single(await _vc2.FindStampedDisksAsync(id, Cancel));
        var clone = await _vc2.EnsureTestCloneAsync(
            new VmRequest(new Stamp(id, StampRole.Test), seen, VSphereSite.Key, "left-over", null, [disk], ImmutableDictionary<string, string>.Empty), Cancel);
        await _vc2.EnsureRunningAsync(clone, Cancel);
        // Not even what removes other VMs of ours deletes the disks that it borrows.
        await Assert.ThrowsAsync<PlatformException>(() => _vc2.EnsureRemovedAsync(clone, id, Cancel));
        await _vc2.EnsureOffAsync(clone, TimeSpan.Zero, force: true, Cancel);
        await Assert.ThrowsAsync<PlatformException>(() => _vc2.EnsureRemovedAsync(clone, id, Cancel));
        await _vc2.EnsureRunningAsync(clone, Cancel);

        var (preview, back) = await DriveAsync(MigrationGoal.Replicated);
        Assert.True(back is { Failed: null }, $"{back?.Failed?.Name}: {back?.Why}\n{string.Join('\n', preview.Findings)}");
        Assert.Equal("remove test clone", back!.Done[0].Name);
        Assert.Empty((await _vc2.DescribeAsync(Cancel)).Vms);
        Assert.Single(await _vc2.FindStampedDisksAsync(id, Cancel));

        var (_, gone) = await DriveAsync(MigrationGoal.Replicated, removal: true);
        Assert.True(gone is { Failed: null }, $"{gone?.Failed?.Name}: {gone?.Why}");
        Assert.DoesNotContain(Directory.EnumerateDirectories(_away.Datastores[_away.Datastore]), folder => folder.Contains("vmm-", StringComparison.Ordinal));
        Assert.Null(Assert.Single(await _vc1.FindByNameAsync(Name, Cancel)).Stamp);
    }

    private Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(MigrationGoal goal, bool removal = false) => Drive.RunAsync(
        new MigrationSpec
        {
            Mode = MigrationMode.Warm,
            Goal = goal,
            Vm = new VmReference("vc1", Name, null),
            Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
            Rollback = RollbackChanges.Discard,
        },
        null, new Book(_vc1, _vc2), removal, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);
}
