using System.Collections.Immutable;
using System.Text.Json;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <summary>A world's state in the engine's words.</summary>
internal static class SimulatedFacts
{
    internal static SiteFacts Site(Turn turn, SiteState site)
    {
        var macs = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var vm in site.Vms.Values)
        {
            foreach (var nic in vm.Nics)
            {
                macs[nic.Mac] = vm.Id;
            }
        }

        var facts = Told(site.Options.Facts, SiteKey);
        return new SiteFacts
        {
            Site = site.Name,
            Platform = SimulatorPlatform.Name,
            Kind = site.Options.Plays ?? "libvirt",
            Observed = facts.For(site.Name).Or(FactSet.Empty.With(SiteFact.TransferEncrypted, true).With(SiteFact.MoverRoute, true).With(SiteFact.FactAge, 0.0)),
            Identity = $"simulator:{turn.WorldLabel}/{site.Name}",
            Version = Fact.Known("simulator 1"),
            Hosts = [.. Estate.Hosts(site.Name, site.Options).Select(host => Host(turn, site, host) with { Observed = facts.For(host.Name) })],
            Pools = [.. Estate.Pools(site.Options).Select(pool => Pool(turn, site, pool) with { Observed = facts.For(pool.Name) })],
            Networks = [.. Estate.Networks(site.Options).Select(name => new Network(name, "simulated", true) { Observed = facts.For(name) })],
            Vms = [.. site.Vms.Values.OrderBy(vm => vm.Name, StringComparer.Ordinal).Select(vm => new VmName(vm.Id, vm.Name, vm.Stamp?.MigrationId))],
            MacsInUse = Fact.Known(macs.ToImmutable()),
        };
    }

    /// <param name="askGuest">Also what only the guest's agent tells.</param>
    internal static Vm Vm(Turn turn, SiteState site, VmState vm, bool askGuest)
    {
        var facts = Told(site.Options.Machines.IsDefault ? null : site.Options.Machines.FirstOrDefault(machine => machine.Name == vm.Name)?.Facts, VmKey);
        return Plain(turn, site, vm, askGuest, facts);
    }

    /// <summary>The key of a name under a machine's <c>facts</c>; null where it may not stand there.</summary>
    internal static FactKey? VmKey(string name) => Key(name, FactScope.Vm, FactScope.Disk, FactScope.Nic);

    /// <summary>The key of a name under a site's <c>facts</c>; null where it may not stand there.</summary>
    internal static FactKey? SiteKey(string name) => Key(name, FactScope.Site, FactScope.Host, FactScope.Pool, FactScope.Network);

    private static FactKey? Key(string name, params ReadOnlySpan<FactScope> scopes) =>
        FactKeys.Find(name.Split('@', 2)[0]) is { } key && scopes.Contains(key.Scope) ? key : null;

    // Worlds that were saved by an earlier version have none.
    private static FactSet Told(ImmutableDictionary<string, string>? facts, Func<string, FactKey?> keyOf) =>
        facts is { IsEmpty: false } ? FactSet.Parse(facts, keyOf, "simulator") : FactSet.Empty;

    private static Vm Plain(Turn turn, SiteState site, VmState vm, bool askGuest, FactSet facts) => new()
    {
        Observed = facts.For(""),
        Id = vm.Id,
        Name = vm.Name,
        Power = vm.Split ? PowerState.Running : vm.Power,
        IsSplit = vm.Split,
        Crashed = vm.Crashed && vm.Power == PowerState.Off,
        PowerDetail = vm.Split ? "running at its new host before all its memory is there (post-copy)" : vm.Power == PowerState.Running ? "running" : vm.Power == PowerState.Paused ? "paused" : "off",
        Uuid = Fact.Known(vm.Id),
        Host = Fact.Known(vm.Host),
        Cpus = Fact.Known(vm.Cpus),
        MemoryBytes = Fact.Known(vm.MemoryBytes),
        Firmware = Fact.Known(vm.Firmware),
        SecureBoot = Fact.Known(vm.SecureBoot),
        Tpm = Fact.Known(vm.Tpm),
        Machine = Fact.Known(vm.Machine),
        Architecture = Fact.Known(vm.Architecture),
        Hypervisor = Fact.Known(Acceleration),
        CpuModel = Fact.Known(vm.CpuModel),
        Disks = [.. vm.Disks.Select(disk => Disk(site, disk) with { Observed = facts.For(disk.Name) })],
        Nics = [.. vm.Nics.Select(nic => new Nic { Mac = nic.Mac, Model = Fact.Known(nic.Model), Network = Fact.Known(nic.Network), Observed = facts.For(nic.Mac) })],
        SpecialDevices = [.. vm.SpecialDevices.Select(kind => new SpecialDevice(kind, $"simulated {kind}")).Concat(vm.Tpm ? [new SpecialDevice("tpm", "simulated TPM 2.0")] : [])],
        Snapshots = Fact.Known(vm.Snapshots),
        Autostart = Fact.Known(vm.Fence?.Autostart ?? vm.Autostart),
        AgentAnswers = vm.Split ? Fact<bool>.Unknown("the guest runs at its new host already") : askGuest ? Fact.Known(Guest.AgentAnswers(vm, turn.Now)) : Fact<bool>.Unknown("the guests are not asked for a list"),
        GuestOs = Fact.Known(vm.Guest.Os),
        Addresses = askGuest && vm.Nics.Count > 0 && Guest.AgentAnswers(vm, turn.Now) ? [Guest.Address(vm)] : [],
        Stamp = vm.Stamp is { } stamp ? new Stamp(stamp.MigrationId, stamp.Role, stamp.Notes.ToImmutableSortedDictionary(StringComparer.Ordinal)) : null,
        BusyWith = vm.BusyWith is { } busy ? Fact.Known(busy) : Fact.Known(""),
        NativeDefinition = Definition(vm.Guest),
    };

    /// <summary>What only this platform knows of a VM: how its guest behaves.</summary>
    internal static string Definition(GuestOptions guest) => JsonSerializer.Serialize(guest, WorldJson.Default.GuestOptions);

    internal static GuestOptions? ReadDefinition(string? definition) =>
        definition is null ? null : JsonSerializer.Deserialize(definition, WorldJson.Default.GuestOptions);

    internal const string Acceleration = "simulated";

    internal static TargetDisk TargetDisk(SiteState site, DiskState disk) => new(
        disk.MigrationId ?? "",
        disk.DiskName ?? "",
        disk.Pool,
        disk.Location,
        disk.LengthBytes,
        disk.Format,
        site.Vms.Values.FirstOrDefault(vm => vm.Disks.Exists(attached => attached.Location == disk.Location))?.Id);

    private static Disk Disk(SiteState site, VmDiskState disk)
    {
        if (!site.Disks.TryGetValue(disk.Location, out var state))
        {
            return new Disk { Name = disk.Name, Location = disk.Location, Bus = Fact.Known(disk.Bus), Readable = false };
        }

        return new Disk
        {
            Name = disk.Name,
            Location = disk.Location,
            Bus = Fact.Known(disk.Bus),
            Format = Fact.Known(state.Format),
            Pool = Fact.Known(state.Pool),
            LengthBytes = Fact.Known(state.LengthBytes),
            AllocatedBytes = Fact.Known(state.AllocatedBytes),
            Encrypted = Fact.Known(state.Encrypted),
        };
    }

    private static Hypervisor Host(Turn turn, SiteState site, HostOptions host) => new()
    {
        Name = host.Name,
        Architecture = Fact.Known(host.Architecture),
        Cpus = Fact.Known(host.Cpus),
        MemoryBytes = Fact.Known(host.MemoryBytes),
        FreeMemoryBytes = Fact.Known(site.FreeMemory(host)),
        Accelerations = [Acceleration],
        Machines = ["sim-pc-1", "sim-virt-1"],
        CpuModel = Fact.Known(host.CpuModel),
    };

    private static StoragePool Pool(Turn turn, SiteState site, PoolOptions pool) => new()
    {
        Name = pool.Name,
        Kind = "simulated",
        CapacityBytes = Fact.Known(pool.CapacityBytes),
        FreeBytes = Fact.Known(site.FreeBytes(pool)),
        Location = $"sim://{site.Name}/{pool.Name}",
    };
}
