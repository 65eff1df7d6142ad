using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>The way back: only what was written at the target since the cutover crosses, it is proven like the way there, and where nothing tells it whole disks are compared.</summary>
public sealed class ReverseDeltaTests
{
    private const string Running = "bring changes back while it runs";

    /// <summary>Its guest writes all over a mebibyte of each disk, besides its journal.</summary>
    private static readonly GuestOptions Busy = new() { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1), WorkingSetBytes = 512 << 10 };

    [Theory(Timeout = 60_000)]
    [InlineData(MigrationMode.Cold)]
    [InlineData(MigrationMode.Warm)]
    [InlineData(MigrationMode.Live)]
    public async Task Only_what_was_written_at_the_target_crosses_and_no_acknowledged_write_is_lost(MigrationMode mode)
    {
        var world = new Rehearsal(Busy);
        var spec = Rehearsal.Spec() with { Mode = mode };
        Assert.Null((await world.DriveAsync(spec)).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var written = await WrittenAsync(world);

        var (before, outcome) = await world.DriveAsync(spec, removal: true);

        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome!.Done.Select(step => step.Name));
        Assert.Equal(written, before.Run!.Delta!.Bytes);
        Assert.Contains("by the site's own tracking", before.Plan.Steps.Single(step => step.Name == Running).Describe(before.Run), StringComparison.Ordinal);

        // What it wrote until the last round may touch again what an earlier one has brought.
        Assert.InRange(before.Run.Transferred, written, 2 * written);
        Assert.Equal(2, before.Run.Proofs.Count);
        Assert.All(before.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.All(before.Run.Proofs, proof => Assert.StartsWith("xxh128-tree:", proof.TargetDigest, StringComparison.Ordinal));
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_is_off_at_the_target_comes_home_by_one_round()
    {
        var world = new Rehearsal(Busy);
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        world.World.ByHand.ShutDown("dc2", Rehearsal.VmName);
        world.Time.Advance(TimeSpan.FromSeconds(10));
        var written = await WrittenAsync(world);

        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(MigrationGoal.Replicated));

        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.DoesNotContain(outcome!.Done, step => step.Name == Running);
        Assert.Equal(written, before.Run!.Transferred);
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_record_that_was_lost_is_told_at_preview_and_whole_disks_are_compared()
    {
        var world = new Rehearsal(Busy);
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var written = await WrittenAsync(world);
        world.World.ByHand.ResetTracking("dc2", Rehearsal.VmName);

        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal: true);

        Assert.Contains(before.Findings, finding => finding.Id == "rollback.compares" && finding.Message.Contains("has lost its record", StringComparison.Ordinal));
        Assert.Contains("whole disks are compared", before.Plan!.Steps.Single(step => step.Name == Running).Describe(before.Run!), StringComparison.Ordinal);
        Assert.True(outcome is { Failed: null }, outcome?.Why);

        // The compare sends whole chunks of 64 KiB in which anything differs: the guest wrote a little more until it was off.
        Assert.InRange(before.Run!.Transferred, 1, 2 * written);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_record_that_is_lost_after_preview_is_said_in_an_event_and_whole_disks_are_compared()
    {
        var world = new Rehearsal(Busy);
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var heard = new List<string>();
        await world.Time.RunAsync(async () =>
        {
            world.World.Restart();
            var before = await PreflightRunner.RunAsync(Rehearsal.Spec(), null, world.Sites(), removal: true, world.Time, new Listener(heard), CancellationToken.None);
            world.World.ByHand.ResetTracking("dc2", Rehearsal.VmName);
            var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, CancellationToken.None);
            Assert.True(outcome.Failed is null, outcome.Why);
        });
        Assert.Contains(heard, line => line.Contains("has lost its record", StringComparison.Ordinal));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_write_behind_the_record_is_found_by_the_digests_and_brought_back_too()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(30));

        // As a disk at home that somebody has written to in spite of the fence: no tracking at the target tells it.
        world.World.ByHand.WriteToDisk("dc1", Rehearsal.VmName, "vdb", 2 << 20, new byte[] { 1, 2, 3 });
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal: true);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.NotEqual(new byte[] { 1, 2, 3 }, world.World.ByHand.ReadFromDisk("dc1", Rehearsal.VmName, "vdb", 2 << 20, 3));
        await world.AssertRunsAtAsync("dc1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_target_cannot_tell_what_was_written_at_the_first_so_whole_disks_are_compared()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null((await world.DriveAsync(Rehearsal.Spec(to: "dc3"), remembered: new Remembered(MigrationPhase.CutOver, "dc2", null))).Outcome!.Failed);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec(to: "dc3"), removal: true);
        Assert.Null(before.Run!.Delta!.Since);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_way_back_that_was_killed_and_is_not_wanted_any_more_leaves_no_checkpoints_on_the_VM()
    {
        var world = new Rehearsal();
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => world.DriveAsync(
            Rehearsal.Spec(), removal: true, faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = "OpenRound", Nth = 2, Moment = FaultMoment.After })));
        Assert.Equal(["cutover", "back1", "back2"], await CheckpointsAsync());

        world.Time.Advance(TimeSpan.FromMinutes(3));
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(["forget way back"], before.Plan!.Steps.Select(step => step.Name));
        Assert.Equal(["cutover"], await CheckpointsAsync());
        Assert.Equal(PlanKind.Nothing, (await world.DriveAsync(Rehearsal.Spec())).Before.Plan!.Kind);

        Assert.Null((await world.DriveAsync(Rehearsal.Spec(), removal: true)).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        await world.AssertNoTracesAsync();

        async Task<IEnumerable<string>> CheckpointsAsync()
        {
            var copy = (await world.ObserveAsync(Rehearsal.Spec())).Current!;
            return await world.Time.RunAsync(() => world.Sites().Find("dc2")!.FindCheckpointsAsync(copy.Vm.Id, copy.Vm.Stamp!.MigrationId, CancellationToken.None));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_discard_tells_what_would_be_lost()
    {
        var world = new Rehearsal(Busy);
        await world.DriveAsync(Rehearsal.Spec());
        world.Time.Advance(TimeSpan.FromSeconds(60));
        var written = await WrittenAsync(world);
        var preview = await world.Time.RunAsync(() => PreflightRunner.RunAsync(
            Rehearsal.Spec(changes: RollbackChanges.Discard), null, world.Sites(), removal: true, world.Time, RunEvents.None, CancellationToken.None));
        var told = Assert.Single(preview.Findings, finding => finding.Id == "rollback.discards");
        Assert.Contains($"{Engine.Text.Human.Bytes(written)} of changed blocks", told.Message, StringComparison.Ordinal);
        Assert.Contains("1 min", told.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_failed_gate_and_after_a_rollback_the_next_try_sends_only_what_changed()
    {
        var world = new Rehearsal(new GuestOptions { BytesPerSecond = 1 << 10 });
        var spec = Rehearsal.Spec() with { Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1))] };
        var (first, failed) = await world.DriveAsync(spec, faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "Guest.Boot", Times = 0 }));
        Assert.Equal("prove", failed!.Failed?.Name);
        await world.AssertRunsAtAsync("dc1");
        var whole = first.Run!.Transferred;
        world.Time.Advance(TimeSpan.FromSeconds(5));

        var (second, moved) = await world.DriveAsync(spec);
        Assert.True(moved is { Failed: null }, moved?.Why);
        Assert.InRange(second.Run!.Transferred, 1, whole / 2);

        world.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null((await world.DriveAsync(spec with { Goal = MigrationGoal.Replicated })).Outcome!.Failed);
        await world.AssertRunsAtAsync("dc1");
        world.Time.Advance(TimeSpan.FromSeconds(5));
        var (third, again) = await world.DriveAsync(spec);
        Assert.True(again is { Failed: null }, again?.Why);
        Assert.InRange(third.Run!.Transferred, 1, whole / 2);
        await world.AssertRunsAtAsync("dc2");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(FaultKind.Crash)]
    [InlineData(FaultKind.Refuse)]
    public async Task A_way_back_that_ends_amid_its_writes_ends_at_the_target_or_is_finished_by_the_next_run(FaultKind kind)
    {
        var tried = 0;
        for (var nth = 1; nth < 200; nth++)
        {
            var world = new Rehearsal();
            await world.DriveAsync(Rehearsal.Spec());
            world.Time.Advance(TimeSpan.FromSeconds(20));
            var fault = new Fault { Kind = kind, Call = "WriteBlocks", Nth = nth };
            try
            {
                var (_, outcome) = await world.DriveAsync(Rehearsal.Spec(), removal: true, faults: ("dc1", fault));
                if (outcome!.Failed is null)
                {
                    break;
                }

                await world.AssertRunsAtAsync("dc2");
            }
            catch (SimulatedCrashException)
            {
                Assert.True(world.World.Watches().Values.Single().Running <= 1);
            }

            tried++;
            world.Time.Advance(TimeSpan.FromSeconds(90));
            var (_, again) = await world.DriveAsync(Rehearsal.Spec(), removal: true);
            Assert.True(again is { Failed: null }, again?.Why);
            await world.AssertRunsAtAsync("dc1");
            await world.AssertNoTracesAsync();
        }

        Assert.True(tried > 3, $"only {tried} writes were struck");
    }

    /// <summary>By the platform's own tracking, since the cutover.</summary>
    private static async Task<long> WrittenAsync(Rehearsal world)
    {
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        var delta = await world.Time.RunAsync(() => ReverseDelta.ReadAsync(seen, CancellationToken.None));
        Assert.True(delta!.Bytes is > 0 and < 2 << 20, $"{delta.Bytes} bytes");
        return delta.Bytes.Value;
    }

    private sealed class Listener(List<string> heard) : RunEvents
    {
        public override void Say(Severity severity, string message) => heard.Add(message);

        public override void Status(string phase, string line)
        {
        }
    }
}
