using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>
/// A move that carries only some of the VM's disks, to a new VM that starts from an image. For everything after preflight the VM has no other disks than those: copying, proof, fence and
/// way back need to know nothing of it.
/// </summary>
internal static class Replatforming
{
    /// <summary>What is there, with the disks that are carried: by the copy's stamp where the VM lives in one, else by the declaration.</summary>
    internal static Observation Narrow(Observation seen, MigrationSpec spec) =>
        seen.Current is { } current ? AsNoted(seen, current)
        : spec.Replatform is { } wanted ? Only(seen, [.. wanted.DataDisks.Select(disk => disk.Disk)])
        : seen;

    /// <summary>The same where no declaration is at hand.</summary>
    internal static Observation AsNoted(Observation seen) => seen.Current is { } current ? AsNoted(seen, current) : seen;

    /// <summary>Whether a copy that was made before is the one that is declared now.</summary>
    internal static bool Fits(Copy copy, MigrationSpec spec) => copy.Vm.Stamp?[StampNotes.Replatformed] == spec.Replatform?.Note;

    /// <summary>What stands against it that only the plan knows.</summary>
    internal static IEnumerable<Finding> Find(Run run)
    {
        var at = PropertyPath.Of("replatform");
        if (run.Seen.Current is { } current)
        {
            var note = current.Vm.Stamp?[StampNotes.Replatformed];
            if (note is not null && run.Spec.Goal >= MigrationGoal.CutOver && current.Site != run.To)
            {
                yield return Finding.Error(
                    "replatform.moved", PropertyPath.Of("target.site"),
                    $"{run.Name} lives at \"{current.Site.Name}\" on another system disk than at home, so it cannot move on to \"{run.To.Name}\" in this migration: the way back would lead over two systems. "
                    + $"Set goal to Committed, and declare a new migration for {current.Vm.Name} at \"{current.Site.Name}\"; or go back first.");
            }
            else if (note != run.Spec.Replatform?.Note && run.Spec.Goal >= MigrationGoal.CutOver)
            {
                yield return Finding.Warning(
                    "replatform.moved", at,
                    $"{run.Name} lives at \"{current.Site.Name}\" already, {(note is null ? "with all its disks" : $"replatformed as {Uri.UnescapeDataString(note)}")}: what replatform says now does nothing. To apply it, lower the goal to Validated, and move again.");
            }
        }
        else if (run.Spec.Replatform is { Hooks.Length: > 0 } && !run.WasRunning && run.Spec.Goal >= MigrationGoal.CutOver)
        {
            yield return Finding.Warning("replatform.moved", at.Child("hooks"), $"{run.Name} is off, so the new VM is not started and its hooks are not run. Start {run.Name} before the move, or run them by hand.");
        }
    }

    private static Observation AsNoted(Observation seen, Copy current) =>
        current.Vm.Stamp?[StampNotes.Replatformed] is { } note ? Only(seen, ReplatformSpec.DisksOf(note)) : seen;

    private static Observation Only(Observation seen, ImmutableArray<string> names) => seen with
    {
        Home = seen.Home is { } home ? Only(home, names) : null,
        LeftDisks = [.. seen.LeftDisks, .. (seen.Home?.Disks ?? []).Where(disk => !names.Contains(disk.Name))],
        Copies = [.. seen.Copies.Select(copy => copy.Vm.Stamp?[StampNotes.Replatformed] is { } note ? copy with { Vm = Only(copy.Vm, ReplatformSpec.DisksOf(note)) } : copy)],
    };

    private static Vm Only(Vm vm, ImmutableArray<string> names) => vm with { Disks = [.. vm.Disks.Where(disk => names.Contains(disk.Name))] };
}
