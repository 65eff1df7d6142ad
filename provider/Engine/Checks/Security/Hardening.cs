using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Security;

/// <summary>The target should be as hardened as the source.</summary>
internal static class Hardening
{
    internal static Rule Rule { get; } = Rules.Own("the source's `host.mitigations` has what the target's lacks", [HostFact.Mitigations], look =>
    {
        if (look.Get(HostFact.Mitigations, out var there) && look.Get(HostFact.Mitigations, out var here, source: true) && here.Except(there).ToImmutableArray() is { IsEmpty: false } missing)
        {
            look.Trip($"host {look.Subject.Placement.Host}", $"no mitigation of {HostFact.Mitigations.Print(missing)}", "what the source has");
        }
    });
}
