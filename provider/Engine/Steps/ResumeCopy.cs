using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>The VM lives at the target but does not run there: an interrupted way back, or a stop by hand.</summary>
internal sealed class ResumeCopy : Step
{
    public override string Name => "start VM at target";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10);

    public override string Describe(Run run) => $"{run.Name} is {(run.Vm.PowerDetail.Length > 0 ? run.Vm.PowerDetail : "off")} at {run.From.Name} and has to run: start it and see it alive";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await run.From.EnsureUnfencedAsync(run.Vm.Id, run.MigrationId, cancellation);
        if (!run.WasRunning)
        {
            return $"{run.Name} is off at {run.From.Name} as it was";
        }

        await run.From.EnsureRunningAsync(run.Vm.Id, cancellation);
        var since = run.Time.GetTimestamp();
        var seen = new List<string>();
        foreach (var probe in run.Spec.Probes)
        {
            seen.Add(await GuestProbe.WaitAsync(probe, run.From, run.Vm.Id, run.Time, since, run.Events, cancellation));
        }

        return string.Join("; ", seen);
    }
}
