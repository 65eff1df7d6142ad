using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Cpu;

/// <summary>The platform's own verdict, shown with its origin, beside our rules.</summary>
internal static class PlatformVerdict
{
    internal static Rule Rule { get; } = Rules.Own("`vm.liveBlockers` is not empty", [VmFact.LiveBlockers], look =>
    {
        if (look.Get(VmFact.LiveBlockers, out var reasons))
        {
            foreach (var reason in reasons)
            {
                look.Trip(null, $"the platform's word: {reason}", "no reason against it", origin: look.Subject.From.Platform);
            }
        }
    });
}
