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

    internal static void Confidential(Look look)
    {
        if (look.Get(VmFact.Confidential, out var kind) && kind is not ("" or "none"))
        {
            look.Trip(null, $"memory encryption {kind}", "none", look.Subject.Mode == "Live" ? Weight.Impossible : null);
        }
    }
}
