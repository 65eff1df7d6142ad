using System.Collections.Immutable;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Simulator;

/// <summary>What a simulated site is made of. The same options and the same site name always make the same site.</summary>
public sealed record SiteOptions
{
    public long Seed { get; init; } = 1;

    /// <summary>How many VMs to make up, besides <see cref="Machines"/>.</summary>
    public int Vms { get; init; }

    /// <summary>Share (0 to 1) of the made-up VMs that have something which preflight should find.</summary>
    public double Oddities { get; init; }

    /// <summary>Length of the first disk of a made-up VM; null: from 10 to 100 GiB.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>How much of each disk holds data at first; null: from 1 to 8 MiB, so that a rehearsal is quick.</summary>
    public long? DataBytes { get; init; }

    /// <summary>VMs that are described one by one.</summary>
    public ImmutableArray<MachineOptions> Machines { get; init; } = [];

    /// <summary>Empty: as many as the VMs need, and room for twice as many.</summary>
    public ImmutableArray<HostOptions> Hosts { get; init; } = [];

    /// <summary>Empty: <c>fast</c> and <c>bulk</c>.</summary>
    public ImmutableArray<PoolOptions> Pools { get; init; } = [];

    /// <summary>Empty: <c>default</c> and <c>backend</c>.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];

    public GuestOptions Guest { get; init; } = new();

    /// <summary>How long each call takes.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What all disks of the site together read or write; null: as fast as it goes.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>Changed blocks of its VMs can be told.</summary>
    public bool ChangedBlockTracking { get; init; } = true;

    /// <summary>VMs can move between two such sites with their memory.</summary>
    public bool Live { get; init; } = true;

    public ImmutableArray<Fault> Faults { get; init; } = [];

    /// <summary>The platform whose rules preview's checks apply.</summary>
    public string? Plays { get; init; } = "libvirt";

    /// <summary>Facts of the site, its hosts, pools and networks, by name; <c>host.cpuAverage@h1</c> is about one of them.</summary>
    public ImmutableDictionary<string, string> Facts { get; init; } = ImmutableDictionary<string, string>.Empty;
}

public sealed record HostOptions
{
    public required string Name { get; init; }

    public int Cpus { get; init; } = 64;

    public long MemoryBytes { get; init; } = 512L << 30;

    public string CpuModel { get; init; } = "Cascadelake-Server";

    public string Architecture { get; init; } = "x86_64";
}

public sealed record PoolOptions
{
    public required string Name { get; init; }

    public long CapacityBytes { get; init; } = 100L << 40;
}

public sealed record MachineOptions
{
    public required string Name { get; init; }

    /// <summary>Null: made from the site's name and seed.</summary>
    public string? Uuid { get; init; }

    public int Cpus { get; init; } = 2;

    public long MemoryBytes { get; init; } = 2L << 30;

    public FirmwareKind Firmware { get; init; } = FirmwareKind.Bios;

    public bool SecureBoot { get; init; }

    public bool Tpm { get; init; }

    public string Architecture { get; init; } = "x86_64";

    public bool Running { get; init; } = true;

    public bool Autostart { get; init; }

    public string? Host { get; init; }

    public string? Pool { get; init; }

    /// <summary>Lengths in bytes, named <c>vda</c>, <c>vdb</c>, ...</summary>
    public ImmutableArray<long> Disks { get; init; } = [20L << 30];

    /// <summary>One NIC each.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];

    public int Snapshots { get; init; }

    /// <summary>Kinds of special devices, such as <c>hostdev-pci</c>.</summary>
    public ImmutableArray<string> SpecialDevices { get; init; } = [];

    public bool EncryptedDisks { get; init; }

    /// <summary>Hardware addresses of its NICs; those that are missing are made up.</summary>
    public ImmutableArray<string> Macs { get; init; } = [];

    /// <summary>Further facts by name; <c>disk.rdm@vda</c> is about one disk or NIC.</summary>
    public ImmutableDictionary<string, string> Facts { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Null: the site's.</summary>
    public GuestOptions? Guest { get; init; }
}
