using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <content>A VM that was committed, by this state or by what the source says of itself.</content>
public static partial class PreflightRunner
{
    /// <summary>The source was kept at commit and says so itself, whatever became of the state.</summary>
    private static async Task<Preflight> KeptSourceAsync(MigrationSpec spec, bool removal, Site to, CancellationToken cancellation)
    {
        if (removal)
        {
            return new Preflight { Findings = [], Committed = true };
        }

        if (spec.Goal < MigrationGoal.Committed)
        {
            return new Preflight
            {
                Findings =
                [
                    Finding.Error(
                        "request.goal.committed", PropertyPath.Of("goal"),
                        $"{spec.Vm.Label} was committed and its source kept aside, so there is no way back to {spec.Goal}. Set goal to Committed."),
                ],
            };
        }

        var found = await FindCommittedAsync(spec, to, cancellation);
        return new Preflight { Findings = [], Committed = true, CommittedVm = found is null ? null : (to, found) };
    }

    private static async Task<Preflight> SettleCommittedAsync(
        MigrationSpec spec, Remembered remembered, SiteBook sites, ImmutableArray<Finding>.Builder findings, CancellationToken cancellation)
    {
        if (spec.Goal < MigrationGoal.Committed)
        {
            findings.Add(Finding.Error(
                "request.goal.committed", PropertyPath.Of("goal"),
                $"This migration was committed: the source at \"{spec.Vm.Site}\" was given up, so there is no way back to {spec.Goal}. "
                + $"Set goal to Committed again; to move the VM elsewhere, declare a migration whose vm.site is \"{remembered.PlacementSite}\"."));
            return new Preflight { Findings = findings.ToImmutable() };
        }

        if (remembered.PlacementSite != spec.Target.Site)
        {
            findings.Add(Finding.Error(
                "request.goal.committed", PropertyPath.Of("target.site"),
                $"This migration was committed at \"{remembered.PlacementSite}\". To move the VM on to \"{spec.Target.Site}\", declare another migration whose vm.site is \"{remembered.PlacementSite}\", "
                + "so that it has a way back of its own; taking this one away touches nothing."));
            return new Preflight { Findings = findings.ToImmutable() };
        }

        var vm = remembered.VmId is { } id && sites.Find(spec.Target.Site) is { } site ? await site.InspectAsync(id, cancellation) : null;
        if (vm is null)
        {
            findings.Add(Finding.Warning(
                "drift.vm.gone", PropertyPath.Of("target.site"),
                $"The committed VM ({remembered.VmId}) is not at \"{spec.Target.Site}\" any more. It is nobody's copy, so nothing is done about it; take this declaration away."));
        }

        return new Preflight { Findings = findings.ToImmutable(), Committed = true };
    }

    /// <summary>A commit's last call takes the stamp away; when its reply is lost together with the state, only the name is left to go by. Nothing is done to that VM.</summary>
    private static async Task<Vm?> FindCommittedAsync(MigrationSpec spec, Site to, CancellationToken cancellation) =>
        (spec.Target.Name ?? spec.Vm.Name) is { } name && await to.FindByNameAsync(name, cancellation) is [{ Stamp: null } one] ? one : null;
}
