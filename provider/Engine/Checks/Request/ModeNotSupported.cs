using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Both platforms must be able to play their role in the wished mode.</summary>
internal static class ModeNotSupported
{
    internal static Rule Rule { get; } = Rules.Own("the drivers' capabilities lack a role or the mode", [], look =>
    {
        var (subject, mode) = (look.Subject, look.Subject.Mode);
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

        if (mode == "Live" && (subject.FromCapabilities.LiveFamily is not { } family || family != subject.ToCapabilities.LiveFamily))
        {
            look.Say(
                $"Memory cannot move from site \"{subject.From.Site}\" ({subject.From.Platform}) to site \"{subject.To.Site}\" ({subject.To.Platform}): they are not of one family with live moves. "
                + $"Set mode to {(subject.FromCapabilities.ChangedBlockTracking ? "Warm or " : "")}Cold.");
        }
    });
}
