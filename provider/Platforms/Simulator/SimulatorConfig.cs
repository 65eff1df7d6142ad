using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <summary>Reads a <c>simulator</c> block.</summary>
internal static class SimulatorConfig
{
    private const int MostVms = 100_000;

    internal static IEnumerable<Finding> Check(MapValue block, PropertyPath at)
    {
        if (block["state"].AsText is { } state && string.IsNullOrWhiteSpace(state))
        {
            yield return Finding.Error("input.empty", at.Child("state"), "This is no folder. Leave it out for a world in memory.");
        }

        foreach (var (name, least, most) in ((string, double, double)[])[("vms", 0, MostVms), ("oddities", 0, 1)])
        {
            if (OutOfRange(block[name], least, most) is { } finding)
            {
                yield return finding(at.Child(name));
            }
        }

        var faults = block["faults"].AsList?.Items ?? [];
        for (var i = 0; i < faults.Length; i++)
        {
            foreach (var (name, least, most) in ((string, double, double)[])[("probability", 0, 1), ("nth", 1, int.MaxValue), ("times", 0, int.MaxValue)])
            {
                if (OutOfRange(faults[i][name], least, most) is { } finding)
                {
                    yield return finding(at.Child("faults").Item(i).Child(name));
                }
            }

            if (faults[i]["kind"].AsText == nameof(FaultKind.Kill) && block["state"].IsNull)
            {
                yield return Finding.Error(
                    "input.simulator-kill-without-state",
                    at.Child("faults").Item(i).Child("kind"),
                    "A world in memory dies with the process that Kill ends, so there would be nothing to go on with. Set `state` to a folder.");
            }
        }

        if (block["plays"].AsText is { } plays && !PlatformPairs.Codes.Values.Contains(plays))
        {
            yield return Finding.Error("input.unknown-name", at.Child("plays"), $"There is no platform \"{plays}\".{NearestName.Question(plays, PlatformPairs.Codes.Values)} There are: {string.Join(", ", PlatformPairs.Codes.Values.Order(StringComparer.Ordinal))}.");
        }

        foreach (var finding in DeclaredFacts.Read(TextMap(block["facts"]), at.Child("facts"), allowed: SimulatedFacts.SiteKey).Findings)
        {
            yield return finding;
        }

        var machines = block["machines"].AsList?.Items ?? [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < machines.Length; i++)
        {
            var here = at.Child("machines").Item(i);
            if (machines[i]["name"].AsText is { } name && !names.Add(name))
            {
                yield return Finding.Error("input.duplicate-name", here.Child("name"), $"There are two simulated VMs with the name \"{name}\".");
            }

            if (machines[i]["uuid"].AsText is { } uuid && !Guid.TryParse(uuid, out _))
            {
                yield return Finding.Error("input.malformed-uuid", here.Child("uuid"), $"\"{uuid}\" is no UUID.");
            }

            foreach (var finding in DeclaredFacts.Read(TextMap(machines[i]["facts"]), here.Child("facts"), allowed: SimulatedFacts.VmKey).Findings)
            {
                yield return finding;
            }

            foreach (var finding in CheckPlaces(block, machines[i], here))
            {
                yield return finding;
            }
        }
    }

    internal static SiteOptions Read(MapValue block)
    {
        var defaults = new SiteOptions();
        var guest = Guest(block["guest"], defaults.Guest);
        return new SiteOptions
        {
            Seed = (long)Number(block["seed"], defaults.Seed),
            Vms = (int)Number(block["vms"], 0),
            Oddities = Number(block["oddities"], 0),
            DiskBytes = Size(block["diskSize"]),
            DataBytes = Size(block["diskData"]),
            Machines = List(block["machines"], item => Machine(item, guest)),
            Hosts = List(block["hosts"], Host),
            Pools = List(block["pools"], Pool),
            Networks = Texts(block["networks"]),
            Guest = guest,
            Latency = Duration(block["latency"]) ?? TimeSpan.Zero,
            BytesPerSecond = Rate(block["bandwidth"]),
            Faults = List(block["faults"], Fault),
            Plays = block["plays"].AsText ?? defaults.Plays,
            Facts = TextMap(block["facts"]),
        };
    }

    private static IEnumerable<Finding> CheckPlaces(MapValue block, Value machine, PropertyPath at)
    {
        var options = block.HasUnknown ? null : Read(block);
        if (options is null)
        {
            yield break;
        }

        if (machine["pool"].AsText is { } pool && !Estate.Pools(options).Any(known => known.Name == pool))
        {
            yield return Finding.Error("input.unknown-name", at.Child("pool"), $"There is no simulated pool \"{pool}\". There are: {string.Join(", ", Estate.Pools(options).Select(known => known.Name))}.");
        }

        if (machine["host"].AsText is { } host && options.Hosts.Length > 0 && !options.Hosts.Any(known => known.Name == host))
        {
            yield return Finding.Error("input.unknown-name", at.Child("host"), $"There is no simulated host \"{host}\". There are: {string.Join(", ", options.Hosts.Select(known => known.Name))}.");
        }

        foreach (var network in Texts(machine["networks"]).Where(network => !Estate.Networks(options).Contains(network)))
        {
            yield return Finding.Error("input.unknown-name", at.Child("networks"), $"There is no simulated network \"{network}\". There are: {string.Join(", ", Estate.Networks(options))}.");
        }
    }

    private static Func<PropertyPath, Finding>? OutOfRange(Value value, double least, double most) =>
        value.AsNumber is { } number && !(number >= least && number <= most)
            ? at => Finding.Error("input.out-of-range", at, $"{value} is not between {least:0} and {most:0}.")
            : null;

    private static HostOptions Host(Value item)
    {
        var host = new HostOptions { Name = item["name"].AsText ?? "" };
        return host with
        {
            Cpus = (int)Number(item["cpus"], host.Cpus),
            MemoryBytes = Size(item["memory"]) ?? host.MemoryBytes,
            CpuModel = item["cpuModel"].AsText ?? host.CpuModel,
            Architecture = item["architecture"].AsText ?? host.Architecture,
        };
    }

    private static PoolOptions Pool(Value item)
    {
        var pool = new PoolOptions { Name = item["name"].AsText ?? "" };
        return pool with { CapacityBytes = Size(item["capacity"]) ?? pool.CapacityBytes };
    }

    private static MachineOptions Machine(Value item, GuestOptions guest)
    {
        var machine = new MachineOptions { Name = item["name"].AsText ?? "" };
        var disks = List(item["disks"], disk => Size(disk) ?? 0);
        return machine with
        {
            Uuid = item["uuid"].AsText,
            Cpus = (int)Number(item["cpus"], machine.Cpus),
            MemoryBytes = Size(item["memory"]) ?? machine.MemoryBytes,
            Firmware = Word(item["firmware"], machine.Firmware),
            SecureBoot = item["secureBoot"].AsBool ?? machine.SecureBoot,
            Tpm = item["tpm"].AsBool ?? machine.Tpm,
            Architecture = item["architecture"].AsText ?? machine.Architecture,
            Running = item["running"].AsBool ?? machine.Running,
            Autostart = item["autostart"].AsBool ?? machine.Autostart,
            Host = item["host"].AsText,
            Pool = item["pool"].AsText,
            Disks = disks.IsEmpty ? machine.Disks : disks,
            Networks = Texts(item["networks"]),
            Snapshots = (int)Number(item["snapshots"], 0),
            SpecialDevices = Texts(item["specialDevices"]),
            EncryptedDisks = item["encryptedDisks"].AsBool ?? false,
            Macs = Texts(item["macs"]),
            Facts = TextMap(item["facts"]),
            Guest = item["guest"].IsNull ? null : Guest(item["guest"], guest),
        };
    }

    private static GuestOptions Guest(Value item, GuestOptions defaults) => defaults with
    {
        Boot = Duration(item["boot"]) ?? defaults.Boot,
        Shutdown = Duration(item["shutdown"]) ?? defaults.Shutdown,
        Agent = item["agent"].AsBool ?? defaults.Agent,
        IgnoresShutdown = item["ignoresShutdown"].AsBool ?? defaults.IgnoresShutdown,
        NeverBoots = item["neverBoots"].AsBool ?? defaults.NeverBoots,
        RecordsPerSecond = Number(item["recordsPerSecond"], defaults.RecordsPerSecond),
        BytesPerSecond = Rate(item["writeRate"]) ?? defaults.BytesPerSecond,
        WorkingSetBytes = Size(item["workingSet"]) ?? defaults.WorkingSetBytes,
        Os = item["os"].AsText ?? defaults.Os,
    };

    private static Fault Fault(Value item)
    {
        var fault = new Fault { Kind = Word(item["kind"], FaultKind.Refuse) };
        return fault with
        {
            Call = item["call"].AsText ?? fault.Call,
            Vm = item["vm"].AsText,
            Step = item["step"].AsText,
            Moment = Word(item["moment"], fault.Moment),
            Nth = (int)Number(item["nth"], fault.Nth),
            Times = (int)Number(item["times"], fault.Times),
            Probability = Number(item["probability"], fault.Probability),
            From = Duration(item["from"]),
            Until = Duration(item["until"]),
            Duration = Duration(item["duration"]),
            Error = Word(item["error"], fault.Error),
            Message = item["message"].AsText,
        };
    }

    private static T Word<T>(Value value, T otherwise)
        where T : struct, Enum => Enum.TryParse<T>(value.AsText, out var word) ? word : otherwise;

    private static double Number(Value value, double otherwise) => value.AsNumber ?? otherwise;

    private static long? Size(Value value) => value.AsText is { } text ? Quantity.Size(text) : null;

    private static double? Rate(Value value) => value.AsText is { } text ? Quantity.Rate(text) : null;

    private static TimeSpan? Duration(Value value) => value.AsText is { } text ? Quantity.Duration(text) : null;

    private static ImmutableArray<T> List<T>(Value value, Func<Value, T> read) => value.AsList is { } list ? [.. list.Items.Select(read)] : [];

    private static ImmutableDictionary<string, string> TextMap(Value value) => value.AsMap is null ? ImmutableDictionary<string, string>.Empty :
        value.AsMap.Entries.Where(entry => entry.Value.AsText is not null).ToImmutableDictionary(entry => entry.Key, entry => entry.Value.AsText!, StringComparer.Ordinal);

    private static ImmutableArray<string> Texts(Value value) => List(value, item => item.AsText ?? "");
}
