using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Cpu;

/// <summary>Guests that see the very CPU of their host.</summary>
internal static class CpuPassthrough
{
    internal static Rule Rule { get; } = Rules.Own("`vm.cpuMode` is `host-passthrough` and `host.cpuModel` or `host.microcode` differ", [VmFact.CpuMode, HostFact.CpuModel, HostFact.Microcode], look =>
    {
        if (!look.Get(VmFact.CpuMode, out var mode) || mode != "host-passthrough" || !look.Get(HostFact.CpuModel, out var there) || !look.Get(HostFact.CpuModel, out var here, source: true))
        {
            return;
        }

        if (there != here)
        {
            look.Trip(null, $"CPU {here} here and {there} there", "the same model");
        }
        else if (look.Get(HostFact.Microcode, out var fresh) && look.Get(HostFact.Microcode, out var old, source: true) && fresh != old)
        {
            look.Trip(null, $"microcode {old} here and {fresh} there", "the same microcode");
        }
    });

    internal static Rule VendorRule { get; } = Rules.Own("`host.cpuVendor` differs from `vm.cpuVendor` (where that is unknown: from the source host's)", [HostFact.CpuVendor, VmFact.CpuVendor], look =>
    {
        var seen = look.Peek(VmFact.CpuVendor) is { IsKnown: true } own ? own : look.Peek(HostFact.CpuVendor, source: true);
        if (look.Get(seen, VmFact.CpuVendor.Name, out var here) && look.Get(HostFact.CpuVendor, out var there) && here != there)
        {
            look.Trip(null, $"a CPU of {there} there", $"one of {here}");
        }
    });

    internal static Rule FeaturesRule { get; } = Rules.Own("`vm.cpuFeatures` (for a CPU that follows its host: the source host's) has what `host.cpuFeatures` lacks", [VmFact.CpuFeatures, HostFact.CpuFeatures], look =>
    {
        var follows = look.Peek(VmFact.CpuMode).Or("") is "host-passthrough" or "host-model" or "maximum";
        var seen = look.Peek(VmFact.CpuFeatures).IsKnown || !follows ? look.Peek(VmFact.CpuFeatures) : look.Peek(HostFact.CpuFeatures, source: true);
        if (look.Get(seen, VmFact.CpuFeatures.Name, out var used) && look.Get(HostFact.CpuFeatures, out var there)
            && used.Except(there, StringComparer.OrdinalIgnoreCase).ToImmutableArray() is { IsEmpty: false } missing)
        {
            look.Trip(null, $"{missing.Length} features that the target lacks", $"all that the guest sees; missing: {VmFact.CpuFeatures.Print(missing)}");
        }
    });

    internal static void Confidential(Look look)
    {
        if (look.Get(VmFact.Confidential, out var kind) && kind is not ("" or "none"))
        {
            look.Trip(null, $"memory encryption {kind}", "none", look.Subject.Mode == "Live" ? Weight.Impossible : null);
        }
    }
}
