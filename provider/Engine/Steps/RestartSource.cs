using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>A copy was asked for and no cutover: the VM runs on at the source.</summary>
internal sealed class RestartSource : Step
{
    public override string Name => "restart VM";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(1);

    public override string Describe(Run run) => run.WasRunning ? $"start {run.Name} at {run.From.Name} again" : $"{run.Name} stays off at {run.From.Name} as it was";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        // The notes come last: as long as one says that the VM is down, every run knows that it has to run again.
        if (run.WasRunning)
        {
            await Proven.RunningAsync(run.From, run.Vm.Id, run.Name, cancellation);
        }

        await SourceNotes.UpdateAsync(
            run.From, run.Vm.Id, run.MigrationId,
            stamp => stamp.With(StampNotes.DownSince, null).With(StampNotes.AskedToStop, null).With(StampNotes.Replicated, run.Now)
                .With(StampNotes.ReplicaProof, ProofNote.Write(run.Proofs)), cancellation);
        if (!run.WasRunning)
        {
            return $"{run.Name} is off at {run.From.Name} as it was";
        }

        run.Downtime = run.DownFor;
        return $"{run.Name} runs at {run.From.Name}";
    }
}
