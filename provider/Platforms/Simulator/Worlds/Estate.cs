using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Disks;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>Makes up a site's hosts, pools, networks and VMs from its options: the same ones every time.</summary>
internal static class Estate
{
    private const long GiB = 1L << 30;

    private static readonly string[] Roles = ["web", "app", "db", "cache", "mail", "build", "file", "queue", "report", "test"];
    private static readonly string[] OddDevices = ["hostdev-pci", "filesystem", "shmem", "hostdev-usb"];

    /// <summary>Adds what the options give and the site does not have yet, leaving out what was removed.</summary>
    internal static void Populate(SiteState site)
    {
        var options = site.Options;
        var seed = Mixing.Mix((ulong)options.Seed, site.Name);
        var hosts = Hosts(site.Name, options);
        var pools = Pools(options);
        var networks = Networks(options);
        var made = Enumerable.Range(1, options.Vms).Select(i => MakeUp(seed, i, options, networks)).Concat(options.Machines);
        var index = 0;
        foreach (var machine in made)
        {
            var id = machine.Uuid?.ToLowerInvariant() ?? Mixing.Uuid(Mixing.Mix(seed, machine.Name));
            if (!site.Removed.Contains(id) && !site.Vms.ContainsKey(id))
            {
                Add(site, id, machine, machine.Host ?? hosts[index % hosts.Length].Name, machine.Pool ?? pools[index % pools.Length].Name, StartOf(site.CreatedAt, machine, options));
            }

            index++;
        }
    }

    /// <summary>A VM that is none of the options'. One of the same name must be gone.</summary>
    internal static VmState Create(SiteState site, MachineOptions machine, DateTimeOffset now)
    {
        // Another VM each time: what was there under the same name before is gone for good.
        var id = machine.Uuid?.ToLowerInvariant() ?? Mixing.Uuid(Mixing.Mix(Mixing.Mix((ulong)now.UtcTicks, site.Name), machine.Name));
        var host = machine.Host ?? Hosts(site.Name, site.Options)[0].Name;
        var pool = machine.Pool ?? Pools(site.Options)[0].Name;
        foreach (var name in Enumerable.Range(0, machine.Disks.Length).Select(DiskName))
        {
            site.Removed.Remove(Location(site, pool, machine, name));
        }

        return Add(site, id, machine, host, pool, StartOf(now, machine, site.Options));
    }

    internal static ImmutableArray<HostOptions> Hosts(string site, SiteOptions options)
    {
        if (!options.Hosts.IsDefaultOrEmpty)
        {
            return options.Hosts;
        }

        // The made-up VMs have 6.4 GiB on average: with one host of 512 GiB for 40 of them, half of it stays free.
        var count = 1 + ((options.Vms + options.Machines.Length) / 40);
        return [.. Enumerable.Range(1, count).Select(i => new HostOptions { Name = $"{site}-host{i}" })];
    }

    internal static ImmutableArray<PoolOptions> Pools(SiteOptions options) => options.Pools.IsDefaultOrEmpty
        ? [new PoolOptions { Name = "fast" }, new PoolOptions { Name = "bulk", CapacityBytes = 400L << 40 }]
        : options.Pools;

    internal static ImmutableArray<string> Networks(SiteOptions options) =>
        options.Networks.IsDefaultOrEmpty ? ["default", "backend"] : options.Networks;

    /// <summary>When a VM that the options say runs was started: long enough ago that it has booted.</summary>
    private static DateTimeOffset StartOf(DateTimeOffset madeAt, MachineOptions machine, SiteOptions options) => madeAt - (machine.Guest ?? options.Guest).Boot;

    private static string DiskName(int index) => "vd" + (char)('a' + index);

    private static string Location(SiteState site, string pool, MachineOptions machine, string disk) => $"sim://{site.Name}/{pool}/{machine.Name}-{disk}";

    private static MachineOptions MakeUp(ulong siteSeed, int number, SiteOptions options, ImmutableArray<string> networks)
    {
        var seed = Mixing.Mix(siteSeed, (ulong)number);
        ulong Pick(ulong what, int of) => Mixing.Mix(seed, what) % (ulong)of;

        var role = Roles[Pick(1, Roles.Length)];
        var data = role is "db" or "file" or "mail";
        var first = options.DiskBytes ?? (10 + (long)Pick(2, 10) * 10) * GiB;
        var machine = new MachineOptions
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{role}-{number:D3}"),
            Cpus = 1 << (int)Pick(3, 4),
            MemoryBytes = (1L << (int)Pick(4, 5)) * GiB,
            Running = Pick(6, 10) != 0,
            Autostart = Pick(7, 2) == 0,
            Disks = data ? [first, first * 2] : [first],
            Networks = role is "db" or "app" && networks.Length > 1 ? [networks[0], networks[1]] : [networks[0]],
        };
        if (Mixing.Share(Mixing.Mix(seed, 8)) >= options.Oddities)
        {
            return machine;
        }

        return Pick(9, 6) switch
        {
            0 => machine with { Snapshots = 1 + (int)Pick(10, 4) },
            1 => machine with { SpecialDevices = [OddDevices[Pick(10, OddDevices.Length)]] },
            2 => machine with { Firmware = FirmwareKind.Uefi, SecureBoot = true, Tpm = true },
            3 => machine with { EncryptedDisks = true },
            4 => machine with { Firmware = FirmwareKind.Uefi },
            _ => machine with { Architecture = "aarch64", Firmware = FirmwareKind.Uefi },
        };
    }

    private static VmState Add(SiteState site, string id, MachineOptions machine, string host, string pool, DateTimeOffset start)
    {
        var options = site.Options;
        var guest = machine.Guest ?? options.Guest;
        var seed = Mixing.Mix((ulong)options.Seed, id);
        var vm = new VmState
        {
            Id = id,
            Name = machine.Name,
            Host = host,
            Cpus = machine.Cpus,
            MemoryBytes = machine.MemoryBytes,
            Firmware = machine.Firmware,
            SecureBoot = machine.SecureBoot,
            Tpm = machine.Tpm,
            Machine = machine.Architecture == "x86_64" ? "sim-pc-1" : "sim-virt-1",
            Architecture = machine.Architecture,
            CpuModel = "",
            Snapshots = machine.Snapshots,
            Autostart = machine.Autostart,
            Guest = guest,
            SpecialDevices = [.. machine.SpecialDevices],
            Power = machine.Running ? PowerState.Running : PowerState.Off,
            StartedAt = machine.Running ? start : null,
            Boots = !guest.NeverBoots,
        };

        for (var i = 0; i < machine.Disks.Length; i++)
        {
            var name = DiskName(i);
            var location = Location(site, pool, machine, name);
            vm.Disks.Add(new VmDiskState(name, location, "virtio"));
            if (site.Removed.Contains(location) || site.Disks.ContainsKey(location))
            {
                continue;
            }

            var diskSeed = Mixing.Mix(seed, (ulong)i) | 1;
            var disk = new DiskState
            {
                Location = location,
                Pool = pool,
                LengthBytes = machine.Disks[i],
                Format = "raw",
                Key = $"{id}-{name}",
                Seed = diskSeed,
                DataBytes = options.DataBytes ?? (1 + (long)(Mixing.Mix(diskSeed) % 8)) << 20,
                Encrypted = machine.EncryptedDisks,
            };
            disk.AllocatedBytes = SimulatedDisk.FirstAllocation(disk);
            site.Disks[location] = disk;
        }

        ImmutableArray<string> nics = machine.Networks.IsDefaultOrEmpty ? [Networks(options)[0]] : machine.Networks;
        for (var i = 0; i < nics.Length; i++)
        {
            var mac = Mixing.Mix(seed, 1000 + (ulong)i);
            var made = $"52:54:00:{(byte)mac:X2}:{(byte)(mac >> 8):X2}:{(byte)(mac >> 16):X2}";
            vm.Nics.Add(new VmNicState(!machine.Macs.IsDefault && i < machine.Macs.Length ? machine.Macs[i].ToUpperInvariant() : made, "virtio", nics[i]));
        }

        site.Vms[id] = vm;
        return vm;
    }
}
