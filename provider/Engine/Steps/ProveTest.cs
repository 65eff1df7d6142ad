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

    public override string Describe(Run run) =>
        string.Join(", ", Gates(run.Spec).Select(GuestProbe.Describe)) + (LeftOut(run.Spec) is { Length: > 0 } left ? $"; left out, since the clone has no link: {left}" : "");

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var seen = await GuestProbe.WaitForAllAsync(run, Gates(run.Spec), run.To, run.CloneId!, cancellation);
        await Proven.NotedAsync(
            run.From, run.Vm.Id, run.MigrationId,
            stamp => stamp.With(StampNotes.Tested, new TestedNote(run.Now, stamp[StampNotes.Replicated] ?? "", seen).Write()).With(StampNotes.TestedProof, stamp[StampNotes.ReplicaProof]), cancellation);
        return seen;
    }

    /// <summary>The declared gates that a test does not try, for people.</summary>
    internal static string LeftOut(MigrationSpec spec) => string.Join(", ", spec.Probes.Except(Gates(spec)).Select(GuestProbe.Describe));

    /// <summary>A gate over the network would meet the VM that runs at the source, or nobody.</summary>
    internal static ImmutableArray<ProbeSpec> Gates(MigrationSpec spec) => [.. spec.Probes.Where(probe => probe.Kind is ProbeKind.GuestAgent or ProbeKind.Console)];
}
