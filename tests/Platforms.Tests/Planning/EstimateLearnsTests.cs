using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Driving;

namespace VmMigrate.Platforms.Tests.Planning;

public sealed class EstimateLearnsTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_move_leaves_its_times_on_the_platform_and_the_next_preview_rests_on_them()
    {
        var world = new Rehearsal();
        var (before, outcome) = await world.DriveAsync(Rehearsal.Spec());
        Assert.Null(outcome!.Failed);
        Assert.StartsWith("assumed", before.Estimate!.Basis, StringComparison.Ordinal);

        // Another runner, with no state: all that it knows stands on the copy's stamp.
        var seen = await world.ObserveAsync(Rehearsal.Spec());
        var note = seen.Current!.Vm.Stamp![StampNotes.Ran]!;
        Assert.InRange(note.Length, 1, 255);
        var record = RunRecord.Read(note)!;
        Assert.Equal(outcome.Done.Length, record.Steps.Length);
        Assert.Equal(before.Run!.Transferred, record.Steps.Sum(step => step.Bytes));

        var back = await world.Time.RunAsync(() => PreflightRunner.RunAsync(Rehearsal.Spec(), null, world.Sites(), true, world.Time, RunEvents.None, CancellationToken.None));
        Assert.Equal(PlanKind.RollBack, back.Plan!.Kind);

        // This world's copies take no time, so only the guest's shutdown has something to tell; it is the same guest at either site.
        var stop = back.Estimate!.Steps.Single(step => step.Name == "stop VM at target");
        Assert.Equal(EstimateBasis.Recorded, stop.Basis);
        Assert.Equal(record.Steps.Single(step => step.Name == "stop VM").Seconds, stop.Duration.TotalSeconds, 0.01);
    }

    [Fact(Timeout = 60_000)]
    public async Task While_no_run_and_no_declaration_tells_the_rate_the_link_is_tried_once()
    {
        var world = new Rehearsal(bytesPerSecond: 3 << 20);
        var sites = world.Sites();
        var before = await world.Time.RunAsync(() => PreflightRunner.RunAsync(Rehearsal.Spec(), null, sites, false, world.Time, RunEvents.None, CancellationToken.None));
        var step = before.Estimate!.Steps.Single(one => one.Bytes > 0);
        Assert.Equal(EstimateBasis.Measured, step.Basis);
        Assert.StartsWith("measured by a probe: 3 MiB/s came from dc1, 3 MiB/s went to dc2", before.Estimate.Basis, StringComparison.Ordinal);
        Assert.InRange(step.Duration.TotalSeconds, step.Bytes / (3.0 * (1 << 20)), 10 + (step.Bytes / (3.0 * (1 << 20))));

        var declared = Rehearsal.Spec() with { Facts = FactSet.Empty.With(LinkFact.Rate, 5e6) };
        var said = await world.Time.RunAsync(() => PreflightRunner.RunAsync(declared, null, sites, false, world.Time, RunEvents.None, CancellationToken.None));
        Assert.StartsWith("declared", said.Estimate!.Basis, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(60, 0.5)]
    [InlineData(0.2, 0.2)]
    public async Task A_live_move_is_down_for_its_pause_and_not_for_its_proof(double mostSeconds, double seconds)
    {
        var world = new Rehearsal();
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Live, Cutover = new CutoverSpec { MaxDowntime = TimeSpan.FromSeconds(mostSeconds) } };

        var before = await world.Time.RunAsync(() => PreflightRunner.RunAsync(spec, null, world.Sites(), false, world.Time, RunEvents.None, CancellationToken.None));

        Assert.Contains(before.Estimate!.Steps, step => step.Name == "prove" && step.Duration > TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(seconds), before.Estimate.Downtime);
        Assert.Equal(new TimeRange(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds)), before.Estimate.DowntimeRange);
    }
}
