using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Source and target must be two places.</summary>
/// <remarks>If ignored, the copy would collide with the VM itself. Fact: the sites' own identities, since two names may stand for one site.</remarks>
internal static class SameSourceAndTarget
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        if (subject.From.Identity == subject.To.Identity)
        {
            yield return Finding.Error(
                "request.target.same",
                PropertyPath.Of("target.site"),
                subject.From.Site == subject.To.Site
                    ? $"{subject.Vm.Name} is at site \"{subject.From.Site}\" already, so there is nothing to move. Name another site."
                    : $"Sites \"{subject.From.Site}\" and \"{subject.To.Site}\" are the same place ({subject.To.Identity}). Check the URIs in the provider's config.");
        }
    }
}
