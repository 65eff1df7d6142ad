using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Application;

/// <summary>What the application needs to stay whole.</summary>
internal static class AppRules
{
    internal static Rule QuiesceRule { get; } = Rules.Own("`guest.quiesce` is false; stops where `guest.database` is set", [GuestFact.Quiesce, GuestFact.Database], look =>
    {
        if (look.Get(GuestFact.Quiesce, out var can) && !can)
        {
            look.Trip(null, "no way to quiesce the guest", "VSS, fsfreeze or hooks", look.Peek(GuestFact.Database).Or("") is not ("" or "none") ? Weight.Stops : null);
        }
    });

    internal static Rule DcRule { get; } = Rules.Own("`guest.domainController` is true; stops with `plan.testClone` where `site.generationId` is not true", [GuestFact.DomainController, PlanFact.TestClone, SiteFact.GenerationId], look =>
    {
        if (look.Get(GuestFact.DomainController, out var controller) && controller)
        {
            var clone = look.Peek(PlanFact.TestClone).Or(false) && !look.Peek(SiteFact.GenerationId).Or(false);
            look.Trip(null, $"a domain controller{(clone ? " and a test clone of it" : "")}", "a target with VM-GenerationID, and no clone beside it", clone ? Weight.Stops : null);
        }
    });

    internal static Rule ProbeRule { get; } = Rules.Own("neither `verify.probes` nor `plan.healthCheck` is declared; stops with `plan.autoCutover`", [PlanFact.HealthCheck, PlanFact.AutoCutover], look =>
    {
        if (look.Subject.Spec.Probes.IsEmpty && look.Peek(PlanFact.HealthCheck).Or("") is "" or "none")
        {
            look.Trip(null, "no probe and no health check", "at least one", look.Peek(PlanFact.AutoCutover).Or(false) ? Weight.Stops : null);
        }
    });
}
