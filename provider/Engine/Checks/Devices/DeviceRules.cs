using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Devices;

/// <summary>Devices that stay with the old host.</summary>
internal static class DeviceRules
{
    internal static void Pci(Look look) => Bound(look, VmFact.PciDevices);

    internal static void Shares(Look look) => Bound(look, VmFact.SharedFolders);

    internal static void Usb(Look look)
    {
        if (look.Get(VmFact.Usb, out var devices) && !devices.IsEmpty)
        {
            var dongle = look.Peek(PlanFact.Dongle).Or(false);
            look.Trip(null, $"{VmFact.Usb.Label} {VmFact.Usb.Print(devices)}{(dongle ? ", declared as a dongle" : "")}", "none", dongle || look.Subject.To.Kind == "libvirt" ? Weight.Stops : null);
        }
    }

    internal static void Gpu(Look look)
    {
        if (look.Get(VmFact.Gpu, out var profile) && profile is not ("" or "none") && look.Get(HostFact.Gpus, out var there) && !there.Contains(profile, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(null, $"GPU profile {profile}", $"one of {HostFact.Gpus.Print(there)}");
        }
    }

    internal static void Watchdog(Look look)
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && look.Get(VmFact.Watchdog, out var model) && model is not ("" or "none"))
        {
            look.Trip(null, $"watchdog {model}", "a watchdog of the target's kind");
        }
    }

    internal static void Serial(Look look)
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && look.Get(VmFact.Serial, out var ports) && !ports.IsEmpty)
        {
            look.Trip(null, $"ports {VmFact.Serial.Print(ports)}", "ports of the target's kind");
        }
    }

    internal static void Display(Look look)
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && look.Get(VmFact.Display, out var kind) && kind is not ("" or "none" or "vnc"))
        {
            look.Trip(null, $"display {kind}", "vnc");
        }
    }

    internal static void IoThreads(Look look)
    {
        if (look.Subject.From.Kind != look.Subject.To.Kind && look.Get(VmFact.IoThreads, out var threads) && threads > 0)
        {
            look.Trip(null, $"{threads} I/O threads", "as many at the target");
        }
    }

    internal static void Listen(Look look)
    {
        if (look.Get(VmFact.GraphicsListen, out var address) && address is not ("" or "none" or "0.0.0.0" or "127.0.0.1" or "::" or "::1" or "localhost"))
        {
            look.Trip(null, $"a display on {address}", "0.0.0.0 or 127.0.0.1");
        }
    }

    private static void Bound(Look look, Facts.FactKey<ImmutableArray<string>> key)
    {
        if (look.Get(key, out var devices))
        {
            foreach (var device in devices)
            {
                look.Trip(device, $"{device}, a device of its host", "none", look.Subject.Mode == "Live" ? Weight.Impossible : null);
            }
        }
    }
}
