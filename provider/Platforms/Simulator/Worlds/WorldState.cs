using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>All that is true in a world. Changed only inside <see cref="WorldStore.Change{T}"/>.</summary>
internal sealed class WorldState
{
    internal long Revision { get; set; }

    /// <summary>The latest moment that anybody has seen: time does not run back when another clock comes.</summary>
    internal DateTimeOffset Now { get; set; }

    internal SortedDictionary<string, SiteState> Sites { get; } = new(StringComparer.Ordinal);

    /// <summary>By VM UUID.</summary>
    internal Dictionary<string, VmWatch> Watches { get; } = new(StringComparer.Ordinal);

    /// <summary>Records acknowledged by guests that have stopped, by VM UUID.</summary>
    internal Dictionary<string, long> Acknowledged { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, FaultCount> Faults { get; } = new(StringComparer.Ordinal);

    /// <summary>Set by whoever changes anything; unset: there is nothing to save.</summary>
    internal bool Dirty { get; set; }

    /// <summary>Site and id of VMs that will be off by themselves.</summary>
    internal HashSet<(string Site, string Vm)> Stopping { get; } = [];
}

internal sealed class SiteState
{
    internal required string Name { get; init; }

    internal required SiteOptions Options { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By id: the made-up VMs that are still there, and all others.</summary>
    internal SortedDictionary<string, VmState> Vms { get; } = new(StringComparer.Ordinal);

    /// <summary>By location.</summary>
    internal SortedDictionary<string, DiskState> Disks { get; } = new(StringComparer.Ordinal);

    /// <summary>By migration.</summary>
    internal SortedDictionary<string, Lease> Leases { get; } = new(StringComparer.Ordinal);

    /// <summary>Ids and locations of the made-up VMs and disks that are gone.</summary>
    internal HashSet<string> Removed { get; } = new(StringComparer.Ordinal);

    /// <summary>Disks that are no more as the options would make them up, or whose VM is not.</summary>
    internal IEnumerable<DiskState> TouchedDisks()
    {
        var ofTouched = Vms.Values.Where(vm => vm.Touched).SelectMany(vm => vm.Disks).Select(disk => disk.Location).ToHashSet(StringComparer.Ordinal);
        return Disks.Values.Where(disk => disk.Touched || ofTouched.Contains(disk.Location));
    }

    /// <summary>By id or name.</summary>
    /// <exception cref="SimulatedMistakeException">There is none.</exception>
    internal VmState Find(string vm) =>
        Vms.GetValueOrDefault(vm) ?? Vms.Values.FirstOrDefault(found => found.Name == vm)
        ?? throw new SimulatedMistakeException($"There is no VM \"{vm}\" at the simulated site \"{Name}\".");

    internal long FreeBytes(PoolOptions pool) =>
        pool.CapacityBytes - Disks.Values.Where(disk => disk.Pool == pool.Name).Sum(disk => disk.AllocatedBytes);

    internal long FreeMemory(HostOptions host) =>
        host.MemoryBytes - Vms.Values.Where(vm => vm.Host == host.Name && vm.Power != PowerState.Off).Sum(vm => vm.MemoryBytes);
}

/// <summary>A VM. Its id and UUID are one.</summary>
internal sealed class VmState
{
    public required string Id { get; init; }

    public required string Name { get; set; }

    public required string Host { get; set; }

    public required int Cpus { get; set; }

    public required long MemoryBytes { get; set; }

    public required FirmwareKind Firmware { get; set; }

    public bool SecureBoot { get; set; }

    public bool Tpm { get; set; }

    public required string Machine { get; set; }

    public required string Architecture { get; set; }

    public required string CpuModel { get; set; }

    public int Snapshots { get; set; }

    public bool Autostart { get; set; }

    public string? BusyWith { get; set; }

    /// <summary>Its host has crashed under it, and nobody has started it since.</summary>
    public bool Crashed { get; set; }

    /// <summary>It has changed sides before its memory (post-copy): this is the half that still sends, paused for good.</summary>
    public bool Split { get; set; }

    public List<VmDiskState> Disks { get; set; } = [];

    public List<VmNicState> Nics { get; set; } = [];

    public List<string> SpecialDevices { get; set; } = [];

    public PowerState Power { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When the guest will have shut down.</summary>
    public DateTimeOffset? OffAt { get; set; }

    /// <summary>The guest of this start comes up.</summary>
    public bool Boots { get; set; } = true;

    /// <summary>The last record on its disk when it started.</summary>
    public long RecordsAtStart { get; set; }

    public required GuestOptions Guest { get; set; }

    public StampState? Stamp { get; set; }

    public FenceDetail? Fence { get; set; }

    /// <summary>Since when the guest has kept its file systems frozen; null while they are not.</summary>
    public DateTimeOffset? FrozenAt { get; set; }

    /// <summary>How long the guest of this start has not worked, because it was frozen or paused.</summary>
    public TimeSpan Stood { get; set; }

    /// <summary>Since when the guest has been held back; null while it is not.</summary>
    public DateTimeOffset? SlowedAt { get; set; }

    /// <summary>Which part of its time it works meanwhile.</summary>
    public double SlowedTo { get; set; } = 1;

    /// <summary>Oldest first.</summary>
    public List<CheckpointState> Checkpoints { get; set; } = [];

    /// <summary>A round that somebody reads, or read when he died.</summary>
    public RoundState? Round { get; set; }

    /// <summary>False: just as it was made up, so there is nothing to save.</summary>
    internal bool Touched { get; set; }
}

/// <summary>A VM's disks at a moment, kept whole: changes are told by comparing.</summary>
/// <param name="Disks">By their names; each has a store of its own.</param>
internal sealed record CheckpointState(string MigrationId, string Name, SortedDictionary<string, DiskState> Disks);

internal sealed record RoundState(string MigrationId, string Checkpoint);

/// <param name="Location">The key in <see cref="SiteState.Disks"/>.</param>
internal sealed record VmDiskState(string Name, string Location, string Bus);

internal sealed record VmNicState(string Mac, string Model, string Network);

internal sealed record StampState(string MigrationId, StampRole Role, SortedDictionary<string, string> Notes);

/// <param name="Autostart">What it was before.</param>
/// <param name="Weakened">Somebody took a part of the fence away.</param>
internal sealed record FenceDetail(string MigrationId, bool Autostart, bool Weakened);

internal sealed class DiskState
{
    public required string Location { get; init; }

    public required string Pool { get; set; }

    public required long LengthBytes { get; set; }

    public required string Format { get; init; }

    /// <summary>Names its store.</summary>
    public required string Key { get; init; }

    /// <summary>Of its first content; 0: zeroes.</summary>
    public ulong Seed { get; init; }

    public long DataBytes { get; init; }

    public long AllocatedBytes { get; set; }

    public bool Encrypted { get; init; }

    /// <summary>Made by EnsureDisk for this migration.</summary>
    public string? MigrationId { get; set; }

    /// <summary>The map of a copy to it that has not come to its end.</summary>
    public byte[]? ResumeMap { get; set; }

    /// <summary>The name it was made for.</summary>
    public string? DiskName { get; init; }

    /// <summary>Recovery points of it, oldest first.</summary>
    public List<PointState> Points { get; set; } = [];

    internal bool Touched { get; set; }
}

/// <summary>A disk as it was at a recovery point, kept whole in a store of its own.</summary>
internal sealed record PointState(string Id, DiskState Disk);

internal sealed class FaultCount
{
    public int Seen { get; set; }

    public int Struck { get; set; }
}
