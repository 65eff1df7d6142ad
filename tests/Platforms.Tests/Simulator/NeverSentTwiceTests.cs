using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

/// <summary>What a copy has done is not done again: not after a kill, not after a failure, not on the way back.</summary>
public sealed class NeverSentTwiceTests
{
    private const long MiB = 1 << 20;

    private static readonly SiteOptions Source = new()
    {
        DataBytes = 256 * MiB,
        Machines = [new MachineOptions { Name = "web", Disks = [1L << 30] }],
        Guest = new() { WorkingSetBytes = 64 << 10 },
    };

    /// <summary>The leaf at whose reading the first run ends, of some 4,096.</summary>
    private const int EndsAt = 2800;

    private static CancellationToken Cancellation => TestWorld.Cancellation;

    [Fact(Timeout = 120_000)]
    public async Task A_copy_whose_runner_died_goes_on_from_the_map_beside_the_target()
    {
        var (time, world) = World();
        await time.RunAsync(async () =>
        {
            // Some two thirds through all that is read.
            var dying = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Crash, Nth = EndsAt }] };
            await Assert.ThrowsAsync<SimulatedCrashException>(() => new EngineRun(world, dying, new SiteOptions()).UpAsync(EngineRun.Declare("web")));

            var (sent, outcome) = await UpAsync(world, Source);

            var all = await DataAsync(world);
            Assert.True(sent < all - (long)(EndsAt * 0.85 * 65536), $"{sent} of {all} bytes were sent after the kill");
            Assert.Contains("done by an earlier run", outcome.Done.Single(step => step.Name == "copy disks").Detail, StringComparison.Ordinal);
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task A_base_copy_of_a_running_VM_that_was_killed_twice_goes_on_and_only_what_the_guest_changed_goes_again()
    {
        var (time, world) = World();
        await time.RunAsync(async () =>
        {
            var warm = EngineRun.Declare("web") with { Mode = Engine.Spec.MigrationMode.Warm };
            var dying = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Crash, Nth = EndsAt }] };
            await Assert.ThrowsAsync<SimulatedCrashException>(() => new EngineRun(world, dying, new SiteOptions()).UpAsync(warm));
            await Task.Delay(TimeSpan.FromMinutes(1), time);
            var again = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Crash, Nth = 300 }] };
            await Assert.ThrowsAsync<SimulatedCrashException>(() => new EngineRun(world, again, new SiteOptions()).UpAsync(warm));
            await Task.Delay(TimeSpan.FromMinutes(1), time);

            // What was done is not even read again: a run that reads more than the rest, a twentieth of what was done and what lies in the same 4 MiB as what the guest changed would fail here.
            var guarded = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Refuse, Nth = 4096 - (int)((EndsAt + 300) * 0.95) + 400, Error = PlatformErrorKind.Refused }] };
            var (sent, outcome) = await UpAsync(world, guarded, spec: warm);

            var all = await DataAsync(world);
            Assert.True(sent < all - (long)((EndsAt + 300) * 0.95 * 65536) + (4 * MiB), $"{sent} of {all} bytes were sent after the kills");
            Assert.Contains("done by an earlier run", outcome.Done.Single(step => step.Name == "replicate").Detail, StringComparison.Ordinal);
            var there = (await new EngineRun(world, Source, new SiteOptions()).Find("dc2")!.FindByNameAsync("web", Cancellation)).Single();
            Assert.True(world.CheckJournal("dc2", there.Id) is { Lost: 0, Damaged.IsEmpty: true });
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task A_copy_that_failed_while_the_source_ran_on_is_compared_and_only_what_differs_is_sent()
    {
        var (time, world) = World();
        await time.RunAsync(async () =>
        {
            var failing = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Refuse, Nth = EndsAt, Error = PlatformErrorKind.Refused }] };
            var failed = await new EngineRun(world, failing, new SiteOptions()).UpAsync(EngineRun.Declare("web"));
            Assert.Equal("copy disks", failed!.Failed?.Name);
            await Task.Delay(TimeSpan.FromMinutes(1), time);

            var (sent, outcome) = await UpAsync(world, Source);

            var all = await DataAsync(world);
            Assert.True(sent < all - (long)(EndsAt * 0.85 * 65536), $"{sent} of {all} bytes were sent the second time");
            Assert.Contains("there already", outcome.Done.Single(step => step.Name == "copy disks").Detail, StringComparison.Ordinal);
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task The_way_back_sends_what_the_vm_has_written_and_nothing_else()
    {
        var (time, world) = World();
        await time.RunAsync(async () =>
        {
            await UpAsync(world, Source);
            await Task.Delay(TimeSpan.FromMinutes(1), time);

            var (sent, _) = await UpAsync(world, Source, removal: true);

            Assert.InRange(sent, 1, 2 * MiB);
            var home = (await new EngineRun(world, Source, new SiteOptions()).Find("dc1")!.FindByNameAsync("web", Cancellation)).Single();
            var journal = world.CheckJournal("dc1", home.Id);
            Assert.True(journal is { Lost: 0, OnDisk: > 50 } && journal.Damaged.IsEmpty, $"{journal}");
        });
    }

    [Fact(Timeout = 120_000)]
    public async Task A_target_that_was_changed_behind_a_map_is_found_by_the_proof_and_mended()
    {
        var (time, world) = World();
        await time.RunAsync(async () =>
        {
            var dying = Source with { Faults = [new Fault { Call = "ReadBlocks", Kind = FaultKind.Crash, Nth = EndsAt }] };
            await Assert.ThrowsAsync<SimulatedCrashException>(() => new EngineRun(world, dying, new SiteOptions()).UpAsync(EngineRun.Declare("web")));
            var to = world.Open("dc2", new SiteOptions());
            var migration = MigrationId.Stamp(new Engine.Spec.VmReference("dc1", "web", null));
            foreach (var disk in await to.FindStampedDisksAsync(migration, Cancellation))
            {
                await using var access = await to.OpenDiskAsync(disk, Cancellation);
                await using var writer = access.OpenWriter();
                using var channel = writer.Open(Cancellation);
                channel.WriteZeroes(0, disk.LengthBytes);
            }

            var (_, outcome) = await UpAsync(world, Source);

            Assert.Null(outcome.Failed);
            var there = (await to.FindByNameAsync("web", Cancellation)).Single();
            Assert.True(world.CheckJournal("dc2", there.Id) is { Lost: 0, Damaged.IsEmpty: true });
        });
    }

    private static (SimulatedTime, SimulatedWorld) World()
    {
        var time = new SimulatedTime();
        return (time, new SimulatedWorld(time));
    }

    private static async Task<(long Sent, RunOutcome Outcome)> UpAsync(SimulatedWorld world, SiteOptions source, bool removal = false, Engine.Spec.MigrationSpec? spec = null)
    {
        var preflight = await new EngineRun(world, source, new SiteOptions()).PreviewAsync(spec ?? EngineRun.Declare("web"), removal);
        Assert.True(!preflight.IsBlocked, string.Join('\n', preflight.Findings));
        var outcome = await GoalSeeker.RunAsync(preflight.Plan!, preflight.Run!, Cancellation);
        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        return (preflight.Run!.Transferred, outcome);
    }

    private static async Task<long> DataAsync(SimulatedWorld world) =>
        (await new EngineRun(world, Source, new SiteOptions()).Find("dc1")!.FindByNameAsync("web", Cancellation)).Single().Disks.Sum(disk => disk.AllocatedBytes.Value);
}
