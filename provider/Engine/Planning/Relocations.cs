using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;

namespace VmMigrate.Engine.Planning;

/// <summary>Plans for a VM that its platform moves itself: one object before and after, so there is no copy, no fence, and the way back is another such move. Pure.</summary>
/// <remarks>docs/design/relocation.md</remarks>
internal static class Relocations
{
    /// <summary>The VM moves so, has moved so, or was on its way when a run was killed.</summary>
    internal static bool Concern(Run run) => HasBegun(run) || (Moves(run) && run.Spec.Goal >= MigrationGoal.CutOver);

    /// <summary>This declaration is one of a move of the VM itself.</summary>
    internal static bool Moves(Run run) =>
        run.Spec.Mode == MigrationMode.Live && run.From.Relocates(run.To) && run.Seen is { HomeFence: FenceState.None } seen && seen.Copies.All(copy => copy.IsRelocated)
        && (HasBegun(run) || run.Vm.Power == PowerState.Running);

    internal static Plan Plan(Run run)
    {
        if (run.Spec.Goal < MigrationGoal.CutOver)
        {
            return Back();
        }

        var commit = run.Spec.Goal == MigrationGoal.Committed;
        var current = run.Seen.Current;
        if (current is { AcceptedAt: not null } && current.Site == run.To && current.Vm.Stamp![StampNotes.Went] == Declared(run))
        {
            Step[] up = run.WasRunning && current.Vm.Power != PowerState.Running ? [new ResumeCopy()] : [];
            return commit
                ? new Plan(PlanKind.Commit, [.. up, new ReleaseCopy()])
                : new Plan(up.Length > 0 ? PlanKind.Resume : PlanKind.Nothing, [.. up]);
        }

        return new Plan(PlanKind.Move, [new RelocateVm(), new ProveRelocated(), .. commit ? new Step[] { new ReleaseCopy() } : []]);
    }

    internal static Plan Back() => new(PlanKind.RollBack, [new RelocateBack()]);

    internal static bool HasBegun(Run run) => run.Vm.Stamp?[StampNotes.Origin] is not null;

    /// <summary>What the declaration says of the place, so that a change of it is seen. Where it leaves something open, the platform may change that as it likes.</summary>
    internal static string Declared(Run run) => $"{run.To.Name}|{run.Spec.Target.Host}|{run.Spec.Target.StoragePool}";
}
