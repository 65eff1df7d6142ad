using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Both platforms must be able to play their role in the wished mode.</summary>
/// <remarks>Live needs changed-block tracking on both sides besides a common hypervisor family: it is how the disks are compared after the switch, when the guest writes on.</remarks>
internal static class ModeNotSupported
{
    internal static Rule Rule { get; } = Rules.Own("the drivers' capabilities lack a role or the mode", [], look =>
    {
        var subject = look.Subject;
        if (!subject.FromCapabilities.Source)
        {
            look.Say(
                $"VMs cannot be moved away from site \"{subject.From.Site}\": {subject.FromCapabilities.WhyNotSource ?? $"platform {subject.From.Platform} is a target only"}.",
                at: PropertyPath.Of("vm.site"));
        }

        if (!subject.ToCapabilities.Target)
        {
            look.Say(
                $"VMs cannot be moved to site \"{subject.To.Site}\": {subject.ToCapabilities.WhyNotTarget ?? $"platform {subject.To.Platform} is a source only"}.",
                at: PropertyPath.Of("target.site"));
        }

        if (subject.From.Platform != subject.To.Platform && !subject.ToCapabilities.TakesFrom.Contains(subject.From.Platform))
        {
            look.Say(
                $"{subject.Vm.Name} is a VM of platform {subject.From.Platform}, and site \"{subject.To.Site}\" takes VMs of {string.Join(", ", subject.ToCapabilities.TakesFrom.Insert(0, subject.To.Platform))}. Choose a site of one of these.",
                at: PropertyPath.Of("target.site"));
        }

        if (subject.Vm.Power == PowerState.Running && WhyNot(subject, subject.Spec.Mode) is { } why)
        {
            var possible = Enum.GetValues<MigrationMode>().Where(mode => WhyNot(subject, mode) is null).ToList();
            look.Say(
                $"{subject.Vm.Name} cannot move {subject.Spec.Mode} from site \"{subject.From.Site}\" to site \"{subject.To.Site}\": {why}. "
                + $"Possible {(possible.Count == 1 ? "is" : "are")}: {string.Join(", ", possible)}.",
                at: PropertyPath.Of("mode"));
        }

        if (subject.Spec.Mode == MigrationMode.Warm && subject.Spec.Cutover.OnNoConvergence == NoConvergence.SlowGuest && !subject.FromCapabilities.HoldsWritesBack)
        {
            look.Say(
                $"Platform {subject.From.Platform} cannot hold back what a running VM writes, as SlowGuest asks for. Set Fail or CutOverAnyway.",
                at: PropertyPath.Of("cutover.onNoConvergence"));
        }

        if (subject.Spec.Cutover.OnNoConvergence == NoConvergence.PostCopy && subject.Spec.Mode != MigrationMode.Cold && (subject.Spec.Mode != MigrationMode.Live || !subject.FromCapabilities.PostCopies))
        {
            look.Say(
                subject.Spec.Mode == MigrationMode.Live
                    ? $"Platform {subject.From.Platform} lets no VM change sides before its memory, as PostCopy asks for. Set Fail, SlowGuest or CutOverAnyway."
                    : "PostCopy is for memory, and mode Warm moves none. Set Fail, SlowGuest or CutOverAnyway.",
                at: PropertyPath.Of("cutover.onNoConvergence"));
        }

        if (subject.Spec.Mode == MigrationMode.Live && subject.Vm.Power == PowerState.Running && subject.Spec.Probes.Any(probe => probe.Kind == ProbeKind.Console))
        {
            look.Say(
                "A guest that moves live does not start anew, so its console does not show what it shows at a start. Use a guestAgent or tcp probe.",
                at: PropertyPath.Of("verify.probes"));
        }
    });

    private static string? WhyNot(CheckSubject subject, MigrationMode mode) => mode switch
    {
        MigrationMode.Warm when !subject.FromCapabilities.ChangedBlockTracking => $"platform {subject.From.Platform} cannot tell which blocks a running VM has changed",
        MigrationMode.Live when subject.FromCapabilities.LiveFamily is null => $"platform {subject.From.Platform} does not move memory",
        MigrationMode.Live when subject.ToCapabilities.LiveFamily != subject.FromCapabilities.LiveFamily =>
            $"memory moves between hosts of one hypervisor family only, and these are {subject.FromCapabilities.LiveFamily} and {subject.ToCapabilities.LiveFamily ?? subject.To.Platform}",
        MigrationMode.Live when !subject.FromCapabilities.ChangedBlockTracking || !subject.ToCapabilities.ChangedBlockTracking =>
            "without changed-block tracking on both sides nothing could be proven about its disks",
        _ => null,
    };
}
