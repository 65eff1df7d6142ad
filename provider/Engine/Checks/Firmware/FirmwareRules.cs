using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Firmware;

/// <summary>Firmware, its state outside the disks, and how the guest finds its way from there.</summary>
internal static class FirmwareRules
{
    internal static Rule TypeRule { get; } = Rules.Own("`vm.firmware` is not in `host.firmwares` or `site.firmwares`", [VmFact.Firmware, HostFact.Firmwares, SiteFact.Firmwares], look =>
    {
        var offered = look.Peek(HostFact.Firmwares) is { IsKnown: true } host ? host : look.Peek(SiteFact.Firmwares);
        if (look.Get(VmFact.Firmware, out var kind) && look.Get(offered, HostFact.Firmwares.Name, out var there) && !there.Contains(kind, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(null, $"firmware {kind}", $"one of {HostFact.Firmwares.Print(there)}");
        }
    });

    internal static Rule SecureBootRule { get; } = Rules.Own("`vm.secureBoot` is true and `host.secureBoot` or `site.secureBoot` is false", [VmFact.SecureBoot, HostFact.SecureBoot, SiteFact.SecureBoot], look =>
    {
        var offered = look.Peek(HostFact.SecureBoot) is { IsKnown: true } host ? host : look.Peek(SiteFact.SecureBoot);
        if (look.Get(VmFact.SecureBoot, out var on) && on && look.Get(offered, HostFact.SecureBoot.Name, out var there) && !there)
        {
            look.Trip(null, "Secure Boot on", "Secure Boot at the target");
        }
    });

    internal static Rule NvramRule { get; } = Rules.Own(
        "`vm.firmware` is `uefi`, `guest.fallbackLoader` is not true, and the platforms differ or `vm.nvram` is `none`", [VmFact.Firmware, VmFact.NvramFile, GuestFact.FallbackLoader], look =>
    {
        var (vm, to) = (look.Subject.Vm.Name, look.Subject.To.Kind);
        var kept = look.Peek(VmFact.NvramFile).TryGet(out var file) && file != "none";
        if (look.Get(VmFact.Firmware, out var kind) && kind == "uefi" && !(kept && look.Subject.From.Kind == to) && !look.Peek(GuestFact.FallbackLoader).Or(false))
        {
            look.Say(
                $"{vm} boots by UEFI, and its variables (boot entries, enrolled keys) do not go along: "
                + (look.Subject.From.Kind == to ? "its platform does not tell where they lie, or does not carry them (a libvirt VM tells once it was started). " : $"another platform's are of no use to a {to} site. ")
                + "A guest that has a fallback boot loader (\\EFI\\BOOT\\BOOTX64.EFI) boots by that path and makes its boot entries anew, one that has only its own loader does not boot: declare the fact guest.fallbackLoader, or waive this.");
        }
    });

    internal static void BootOrder(Look look)
    {
        if (look.Get(VmFact.BootOrder, out var order) && order.Length > 1 && look.Subject.From.Kind != look.Subject.To.Kind)
        {
            look.Trip(null, $"boot order {string.Join(", ", order)}", $"the same order at a {look.Subject.To.Kind} site");
        }
    }

    internal static void BootDisks(Look look)
    {
        if (look.Get(GuestFact.BootDisks, out var count) && count != 1)
        {
            look.Trip(null, $"{count} bootable disks", "exactly one");
        }
    }

    internal static void OsRoots(Look look)
    {
        if (look.Get(GuestFact.OsRoots, out var count) && count > 1)
        {
            look.Trip(null, $"{count} installed systems", "one");
        }
    }

    internal static void Mbr(Look look)
    {
        const double MbrMost = 2199023255552;
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.PartitionTable, item, out var table) && table == "mbr" && look.Get(DiskFact.Length, item, out var length) && length > MbrMost)
            {
                look.Trip(item.Name, $"an MBR disk of {Human.Bytes((long)length)}", "at most 2 TiB, or GPT");
            }
        }
    }
}
