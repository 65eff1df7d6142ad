using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>The engine on two real hosts: a guest that writes every second and checks its own files moves warm and live.</summary>
[Collection(TwoHostsTests.Name)]
public sealed partial class LibvirtMoveTests(TwoHosts lab) : OnTwoHosts(lab)
{
    private const int Limit = 240_000;

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_writes_moves_warm_and_finds_its_files_whole()
    {
        var vm = await RunningAsync("move-warm");
        var (first, replica) = await DriveAsync(Spec(vm, MigrationMode.Warm, MigrationGoal.Replicated));
        Assert.True(replica.Failed is null, replica.Why);
        var base_ = first.Transferred;
        var (second, again) = await DriveAsync(Spec(vm, MigrationMode.Warm, MigrationGoal.Replicated));
        Assert.True(again.Failed is null, again.Why);
        Assert.InRange(second.Transferred, 1, base_ / 4);
        Assert.Equal(PowerState.Running, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);

        var (run, outcome) = await DriveAsync(Spec(vm, MigrationMode.Warm));

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.All(run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.StartsWith("xxh128-tree:", Assert.Single(run.Proofs).TargetDigest, StringComparison.Ordinal);
        Assert.InRange(run.Transferred, 1, base_ / 2);
        var console = await ConsoleAsync(Dc2, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", console, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);
        Assert.Equal(FenceState.Standing, await Dc1.InspectFenceAsync(vm.Id, run.MigrationId, Cancel));

        var (_, back) = await DriveAsync(Spec(vm, MigrationMode.Warm), removal: true);
        Assert.True(back.Failed is null, back.Why);
        var home = await ConsoleAsync(Dc1, vm.Id, "LAB-BOOT 3 ");
        Assert.DoesNotContain("LAB-SHA BAD", home, StringComparison.Ordinal);
        Assert.Empty(await Dc2.FindStampedDisksAsync(run.MigrationId, Cancel));
        Assert.DoesNotContain("vmm-", await Lab.VirshAsync(TwoHosts.Dc1, "checkpoint-list", vm.Name), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_that_writes_moves_live_goes_on_ticking_and_comes_home_with_what_it_wrote()
    {
        var vm = await RunningAsync("move-live");
        var ticks = Ticks(await ConsoleAsync(Dc1, vm.Id, "LAB-TICK"));

        var (run, outcome) = await DriveAsync(Spec(vm, MigrationMode.Live));

        Assert.True(outcome.Failed is null, outcome.Why);
        var proof = Assert.Single(run.Proofs);
        Assert.Equal(proof.SourceDigest, proof.TargetDigest);
        Assert.Contains("written by the guest since", outcome.Done.Single(step => step.Name == "compare disks").Detail, StringComparison.Ordinal);
        Assert.InRange(run.Downtime!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(30));
        var console = await ConsoleAsync(Dc2, vm.Id, "LAB-TICK");
        Assert.DoesNotContain("LAB-BOOT", console, StringComparison.Ordinal);
        Assert.True(Ticks(console) > ticks);
        Assert.Equal(FenceState.Standing, await Dc1.InspectFenceAsync(vm.Id, run.MigrationId, Cancel));
        Assert.Contains("fenced-by-migration", await Lab.VirshFailsAsync(TwoHosts.Dc1, "start", vm.Name), StringComparison.Ordinal);

        var (_, back) = await DriveAsync(Spec(vm, MigrationMode.Live), removal: true);
        Assert.True(back.Failed is null, back.Why);
        var home = await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", home, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", home, StringComparison.Ordinal);
        Assert.Empty(await Dc2.FindStampedDisksAsync(run.MigrationId, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_live_move_that_is_cancelled_leaves_the_guest_running_at_home_unfenced_and_another_try_succeeds()
    {
        var vm = await RunningAsync("move-cancel");
        var id = MigrationId.Stamp(Spec(vm, MigrationMode.Live).Vm);
        var disk = await Dc2.EnsureDiskAsync(new DiskRequest(id, vm.Name, TwoHosts.Pool, "vda", vm.Disks[0].LengthBytes.Value, "qcow2"), Cancel);
        var stamp = new Stamp(id, StampRole.Target).With(StampNotes.Live, "now");
        var request = new LiveRequest(
            vm.Id, id, new VmRequest(stamp, vm, "libvirt", vm.Name, null, [disk], ImmutableDictionary<string, string>.Empty), TimeSpan.FromSeconds(1), false, 4 << 20);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            var moved = new Progress(value =>
            {
                if (value.DoneBytes > 1 << 20)
                {
                    stop.Cancel();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Dc1.MoveLiveAsync(request, Dc2, moved, stop.Token));
        }

        Assert.Equal(PowerState.Running, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);
        Assert.Equal(FenceState.None, await Dc1.InspectFenceAsync(vm.Id, id, Cancel));
        Assert.DoesNotContain("fenced-by-migration", await Lab.VirshAsync(TwoHosts.Dc1, "dumpxml", "--inactive", vm.Name), StringComparison.Ordinal);
        Assert.Empty(await Dc2.FindStampedAsync(id, Cancel));
        var ticks = Ticks(await ConsoleAsync(Dc1, vm.Id, "LAB-TICK"));
        while (Ticks(await ConsoleAsync(Dc1, vm.Id, "LAB-TICK")) == ticks)
        {
            await Task.Delay(200, Cancel);
        }

        var (_, outcome) = await DriveAsync(Spec(vm, MigrationMode.Live));
        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.True(await Dc2.PingAgentAsync(vm.Id, Cancel));
    }

    private static MigrationSpec Spec(Vm vm, MigrationMode mode, MigrationGoal goal = MigrationGoal.CutOver) => Spec(vm.Name) with { Mode = mode, Goal = goal };

    private async Task<(Run Run, RunOutcome Outcome)> DriveAsync(MigrationSpec spec, bool removal = false, RunEvents? events = null)
    {
        var before = await PassAsync(spec, Both, removal, events);
        return (before.Run!, await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel));
    }

    private async Task<Vm> RunningAsync(string name)
    {
        var vm = await BootedAsync(name);
        while (!await Dc1.PingAgentAsync(vm.Id, Cancel))
        {
            await Task.Delay(100, Cancel);
        }

        return Assert.Single(await Dc1.FindByNameAsync(name, Cancel));
    }

    private sealed class Progress(Action<LiveProgress> report) : IProgress<LiveProgress>
    {
        public void Report(LiveProgress value) => report(value);
    }
}
