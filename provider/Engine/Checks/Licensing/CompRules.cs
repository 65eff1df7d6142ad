using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Licensing;

/// <summary>Where data may be.</summary>
internal static class CompRules
{
    internal static Rule ResidencyRule { get; } = Rules.Own("`site.region` is not in `plan.allowedRegions`", [PlanFact.AllowedRegions, SiteFact.Region], look =>
    {
        if (look.Get(PlanFact.AllowedRegions, out var allowed) && look.Get(SiteFact.Region, out var region) && !Covers(allowed, region))
        {
            look.Trip(null, $"region {region} of site \"{look.Subject.To.Site}\"", $"one of {PlanFact.AllowedRegions.Print(allowed)}");
        }
    });

    internal static Rule BasisRule { get; } = Rules.Own("`plan.personalData` is true, `site.inEea` is false and `plan.transferBasis` is not declared", [PlanFact.PersonalData, SiteFact.Eea, PlanFact.TransferBasis], look =>
    {
        if (look.Get(PlanFact.PersonalData, out var personal) && personal && look.Get(SiteFact.Eea, out var inside) && !inside && look.Peek(PlanFact.TransferBasis).Or("") is "" or "none")
        {
            look.Trip(null, $"personal data that goes to site \"{look.Subject.To.Site}\" outside the EEA", "a legal basis on record");
        }
    });

    internal static void Staging(Look look)
    {
        if (look.Get(PlanFact.AllowedRegions, out var allowed) && look.Get(SiteFact.StagingRegion, out var region) && !Covers(allowed, region))
        {
            look.Trip(null, $"temporary copies in {region}", $"one of {PlanFact.AllowedRegions.Print(allowed)}");
        }
    }

    // "eu" allows "eu-central-1".
    private static bool Covers(ImmutableArray<string> allowed, string region) =>
        allowed.Any(one => region.Equals(one, StringComparison.OrdinalIgnoreCase) || region.StartsWith(one + "-", StringComparison.OrdinalIgnoreCase));
}
