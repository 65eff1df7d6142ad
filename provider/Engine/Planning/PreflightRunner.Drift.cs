using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <content>What somebody's hand has done to a moved VM.</content>
public static partial class PreflightRunner
{
    /// <summary>As preview and refresh tell it.</summary>
    public static Finding Told(DriftItem item, DriftResponse response) => item.Kind == DriftKind.TwoRunning
        ? Finding.Error("drift.two-running", PropertyPath.Of("vm"), item.What)
        : new Finding("drift", response == DriftResponse.Ignore ? Severity.Note : Severity.Warning, PropertyPath.Of("onDrift"), $"{item.What} {Drift.Next(item, response)}") { Waivable = true };

    /// <summary>A VM that was moved by hand and is to stay where it is, by what is declared about drift now or was adopted earlier: its site; else null.</summary>
    private static Site? Stays(MigrationSpec spec, RecordedVm? recorded, Observation seen) =>
        seen.Current is { } current && recorded is not null && recorded.Declared == spec.Target.Site && current.Site.Name != spec.Target.Site
        && (recorded.Site == current.Site.Name || (recorded.Site == recorded.Declared && recorded.WasMovedByHand(current) && spec.OnDrift != DriftResponse.Return))
            ? current.Site
            : null;

    /// <summary>A way back was stopped half-way, and the copy that had everything was deleted by hand since.</summary>
    private static IEnumerable<Finding> HalfBroughtBack(Run run) =>
        run.Seen is { Current: null, Copies.IsEmpty: true, Home: { } home } && home.Stamp?[StampNotes.BringBack] == "started" && run.Spec.Rollback == RollbackChanges.BringBack
            ?
            [
                Finding.Error(
                    "rollback.half-brought-back", PropertyPath.Of("rollback.changes"),
                    $"The disks of {home.Name} at \"{run.Seen.HomeSite.Name}\" hold a half of what was to be brought back, and the copy that held all of it is gone: it was deleted by hand. "
                    + "Nothing whole is left of them here. Put a backup on these disks; then, or to go on with them as they are, set rollback.changes to Discard."),
            ]
            : [];
}
