using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Steps;

/// <summary>Sees the guest alive by every declared probe where its platform has put it, and accepts the place.</summary>
/// <remarks>There is no second side to compare the disks with: that they are the same is the platform's word. The step says so.</remarks>
internal sealed class ProveRelocated : Step
{
    public override string Name => "prove";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override bool IsPointOfNoReturn => true;

    public override bool? Down => false;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.WasRunning ? 2 : 0);

    public override string Describe(Run run) => run.WasRunning
        ? $"{string.Join(", ", run.Spec.Probes.Select(GuestProbe.Describe))}; its disks were moved by the platform, whose word is taken for them"
        : "the VM was off and stays off";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var id = run.CopyId!;
        if (run.WasRunning && await run.To.InspectAsync(id, cancellation) is { Power: not PowerState.Running } stopped)
        {
            throw new PlatformException(PlatformErrorKind.Refused, run.To.Name, $"{run.Name} is {stopped.PowerDetail} at {run.To.Name} after the move, and it ran before it");
        }

        run.Guest = run.WasRunning ? await GuestProbe.WaitForAllAsync(run, run.To, id, cancellation) : "not started: it was off before the move";
        var vm = await run.To.InspectAsync(id, cancellation)
            ?? throw new PlatformException(PlatformErrorKind.NotFound, run.To.Name, $"{run.Name} is gone from {run.To.Name}.");

        // The last write of a move: with it the VM lives there.
        var stamp = vm.Stamp!.As(StampRole.Target)
            .With(StampNotes.Went, Relocations.Declared(run))
            .With(StampNotes.Accepted, run.Now)
            .With(StampNotes.Guest, run.Guest);
        await run.To.EnsureStampAsync(id, stamp, cancellation);
        return run.Guest;
    }

    /// <summary>The acceptance may have been written and its reply lost.</summary>
    public override Task UndoAsync(Run run, CancellationToken cancellation) => run.CopyId is { } id
        ? SourceNotes.UpdateAsync(run.To, id, run.MigrationId, stamp => stamp.With(StampNotes.Accepted, null).As(StampRole.Source), cancellation)
        : Task.CompletedTask;
}
