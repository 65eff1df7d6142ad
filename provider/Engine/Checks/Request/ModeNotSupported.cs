using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Both platforms must be able to play their role in the wished mode.</summary>
/// <remarks>If ignored, the run stops at the first call that the platform does not have. Fact: the drivers' capabilities.</remarks>
internal static class ModeNotSupported
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (!subject.FromCapabilities.Source)
        {
            yield return Finding.Error(
                "request.mode.supported",
                PropertyPath.Of("vm.site"),
                $"VMs cannot be moved away from site \"{subject.From.Site}\": {subject.FromCapabilities.WhyNotSource ?? $"platform {subject.From.Platform} is a target only"}.");
        }

        if (!subject.ToCapabilities.Target)
        {
            yield return Finding.Error(
                "request.mode.supported",
                PropertyPath.Of("target.site"),
                $"VMs cannot be moved to site \"{subject.To.Site}\": {subject.ToCapabilities.WhyNotTarget ?? $"platform {subject.To.Platform} is a source only"}.");
        }
    }
}
