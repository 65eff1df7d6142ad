using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Steps;

/// <summary>Sees the test clone alive by every declared gate that needs no network, and notes it with the replica that was tested.</summary>
internal sealed class ProveTest : Step
{
    public override string Name => "prove test";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(15);

    public override string Describe(Run run)
    {
        var left = run.Spec.Probes.Length - Gates(run.Spec).Length;
        return string.Join(", ", Gates(run.Spec).Select(GuestProbe.Describe)) + (left == 0 ? "" : $"; {left} gate{(left == 1 ? "" : "s")} over the network left out, since the clone has no link");
    }

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var seen = await GuestProbe.WaitForAllAsync(run, Gates(run.Spec), run.To, run.CloneId!, cancellation);
        await SourceNotes.UpdateAsync(
            run.From, run.Vm.Id, run.MigrationId,
            stamp => stamp.With(StampNotes.Tested, new TestedNote(run.Now, stamp[StampNotes.Replicated] ?? "", seen).Write()).With(StampNotes.TestedProof, stamp[StampNotes.ReplicaProof]), cancellation);
        return seen;
    }

    /// <summary>A gate over the network would meet the VM that runs at the source, or nobody.</summary>
    internal static ImmutableArray<ProbeSpec> Gates(MigrationSpec spec) => [.. spec.Probes.Where(probe => probe.Kind is ProbeKind.GuestAgent or ProbeKind.Console)];
}
