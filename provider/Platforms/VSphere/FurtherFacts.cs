using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>What vSphere tells beside the facts that every platform has, by the names under which checks judge it.</summary>
internal static class FurtherFacts
{
    private const string Origin = "vSphere";

    private static readonly ImmutableArray<string> Buses = ["pvscsi", "lsisas1068", "lsilogic", "buslogic", "sata", "ide", "nvme"];

    private static readonly ImmutableArray<string> Cards = ["vmxnet3", "vmxnet2", "vmxnet", "e1000e", "e1000", "pcnet"];

    /// <summary>Properties that only these facts need.</summary>
    internal static readonly string[] Paths =
    [
        "config.cpuAllocation", "config.memoryAllocation", "config.cpuHotAddEnabled", "config.memoryHotAddEnabled", "config.memoryReservationLockedToMax",
        "config.nestedHVEnabled", "config.cpuAffinity", "runtime.minRequiredEVCModeKey",
    ];

    /// <summary>Only what the server told: a key that is left out stays unknown.</summary>
    internal static FactSet Of(VimObject vm, Devices devices, bool mayTrack)
    {
        var facts = FactSet.Empty
            .With(VmFact.InventoryStatus, vm.Text("runtime.connectionState") is { } state ? state == "connected" ? "normal" : state : "unknown", Origin);
        if (vm["config.hardware.device"] is null)
        {
            return facts;
        }

        facts = facts
            .With(VmFact.Ft, vm["config.ftInfo"] is not null, Origin)
            .With(VmFact.VmEncryption, vm["config.keyId"] is null ? "none" : vm["config.keyId"].Text("providerId/id") ?? "a key provider", Origin)
            .With(VmFact.Consolidation, vm.Flag("runtime.consolidationNeeded") ?? false, Origin)
            .With(VmFact.SnapshotDepth, (double)Depth(vm["snapshot"]), Origin)
            // Where we may switch it on, its being off stands against nothing.
            .With(VmFact.ChangeTracking, vm.Flag("config.changeTrackingEnabled") == true || mayTrack, Origin)
            .With(VmFact.CpuHotplug, vm.Flag("config.cpuHotAddEnabled") ?? false, Origin)
            .With(VmFact.MemoryHotplug, vm.Flag("config.memoryHotAddEnabled") ?? false, Origin)
            .With(VmFact.MemoryLocked, vm.Flag("config.memoryReservationLockedToMax") ?? false, Origin)
            .With(VmFact.MemoryReservation, (double)((vm["config.memoryAllocation"].Number("reservation") ?? 0) << 20), Origin)
            .With(VmFact.CpuShares, Shares(vm["config.cpuAllocation"]), Origin)
            .With(VmFact.CpuPinning, vm["config.cpuAffinity"].Children("affinitySet").Any() ? string.Join(',', vm["config.cpuAffinity"].Children("affinitySet").Select(cpu => cpu.Value)) : "none", Origin)
            .With(VmFact.Nested, vm.Flag("config.nestedHVEnabled") ?? false, Origin);
        if (vm.Text("config.version") is { } version && double.TryParse(version.AsSpan(version.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture, out var hardware))
        {
            facts = facts.With(VmFact.HwVersion, hardware, Origin);
        }

        if (devices.OfType("VirtualPCIPassthrough").Select(device => device.Text("backing/vgpu")).FirstOrDefault(profile => profile is not null) is { } gpu)
        {
            facts = facts.With(VmFact.Gpu, gpu, Origin);
        }

        return vm.Text("guest.toolsRunningStatus") is { } tools && vm.Text("runtime.powerState") == "poweredOn"
            ? facts.With(GuestFact.Tools, tools == "guestToolsRunning" ? "running" : "not running", Origin)
            : facts;
    }

    internal static FactSet Of(VirtualDisk disk, InventoryItem? store, ImmutableArray<string> holders)
    {
        var facts = FactSet.Empty
            .With(DiskFact.Rdm, disk.Backing.Type().Contains("RawDiskMapping", StringComparison.Ordinal) ? disk.Backing.Text("compatibilityMode") ?? "raw" : "none", Origin)
            .With(DiskFact.Independent, disk.IsIndependent, Origin)
            .With(DiskFact.Transient, disk.Backing.Text("diskMode") is "nonpersistent" or "independent_nonpersistent", Origin);
        if (!holders.IsEmpty)
        {
            facts = facts.With(DiskFact.SharedWith, holders, Origin);
        }

        if (disk.Backing.Flag("thinProvisioned") is { } thin)
        {
            facts = facts.With(DiskFact.Thin, thin, Origin);
        }

        return store?.Facts.Text("summary.type") is { } kind ? facts.With(DiskFact.StoreKind, kind, Origin) : facts;
    }

    internal static FactSet OfHost(VimObject host) => FactSet.Empty
        .With(HostFact.State, host.Flag("runtime.inMaintenanceMode") == true ? "in maintenance" : host.Text("runtime.connectionState") ?? "unknown", Origin)
        .With(HostFact.Buses, Buses, Origin)
        .With(HostFact.NicModels, Cards, Origin);

    private static int Depth(XElement? snapshots)
    {
        return Deepest(snapshots.Children("rootSnapshotList"));

        static int Deepest(IEnumerable<XElement> trees) => trees.Select(tree => 1 + Deepest(tree.Children("childSnapshotList"))).DefaultIfEmpty(0).Max();
    }

    private static string Shares(XElement? allocation)
    {
        var parts = new List<string>();
        if (allocation.Text("shares/level") is { } level and not "normal")
        {
            parts.Add($"shares {level}");
        }

        if (allocation.Number("limit") is { } limit and >= 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"limit {limit} MHz"));
        }

        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }
}
