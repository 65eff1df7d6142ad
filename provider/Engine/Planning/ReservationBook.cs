using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Planning;

/// <summary>
/// What the migrations of this process are going to take of each host and pool: whoever is placed later sees what is left after all before,
/// not what is free now. A migration that is placed again takes the place of its own entry; one that has finished is a fact at its site and
/// leaves the book. Safe for calls from several threads.
/// </summary>
public sealed class ReservationBook
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Chooses a place and promises it to the migration.</summary>
    /// <param name="bytesAtTarget">What its disks take there already.</param>
    /// <param name="isThere">A copy of ours is there, so its memory is a fact of the host already.</param>
    public (Placement Placement, ImmutableArray<Finding> Findings, Reserved Others) Place(
        string migrationId, MigrationSpec spec, Vm vm, SiteFacts to, Policy policy, long bytesAtTarget, bool isThere = false)
    {
        lock (_lock)
        {
            var others = _entries.Where(entry => entry.Key != migrationId && entry.Value.Site == to.Identity).Select(entry => entry.Value).ToList();
            var byHost = others.ToLookup(entry => entry.Host ?? "", StringComparer.Ordinal);
            var byPool = others.ToLookup(entry => entry.Pool, StringComparer.Ordinal);
            var load = VmLoad.Of(vm, spec.Facts, bytesAtTarget);
            var (placement, findings) = Placement.Choose(spec, vm, load, to, policy, host => Sum(byHost[host]), pool => byPool[pool].Sum(entry => entry.Load.StorageBytes));
            _entries[migrationId] = new Entry(to.Identity, placement.Host, placement.Pool, placement.Name, vm.Name, isThere ? load with { MemoryBytes = 0 } : load);
            return (placement, findings, Sum(byHost[placement.Host ?? ""]) with
            {
                StorageBytes = byPool[placement.Pool].Sum(entry => entry.Load.StorageBytes),
                Names = [.. others.Select(entry => entry.Name)],
            });
        }
    }

    /// <summary>The migration has finished, or is given up: its site tells from now on.</summary>
    public void Release(string migrationId)
    {
        lock (_lock)
        {
            _entries.Remove(migrationId);
        }
    }

    private static Reserved Sum(IEnumerable<Entry> entries) => entries.Aggregate(Reserved.Nothing, (sum, entry) => sum with
    {
        Cpus = sum.Cpus + entry.Load.Cpus,
        CpuUse = sum.CpuUse + (entry.Load.CpuUse ?? 0),
        CpuPeak = sum.CpuPeak + (entry.Load.CpuPeak ?? 0),
        MemoryBytes = sum.MemoryBytes + entry.Load.MemoryBytes,
        Vms = sum.Vms.Add(entry.Vm),
    });

    private sealed record Entry(string Site, string? Host, string Pool, string Name, string Vm, VmLoad Load);
}

/// <summary>What a VM will take at its target.</summary>
/// <param name="CpuUse">Average use in whole CPUs; null where nobody has measured it.</param>
/// <param name="CpuPeak">Peak use in whole CPUs.</param>
/// <param name="MemoryBytes">None for a VM that is off.</param>
/// <param name="Iops">At p95; null where nobody has measured it.</param>
public sealed record VmLoad(double Cpus, double? CpuUse, double? CpuPeak, long MemoryBytes, long StorageBytes, long LengthBytes, double? Iops, ImmutableArray<string> KeepApart)
{
    /// <param name="declared">What the user says where the platform does not.</param>
    internal static VmLoad Of(Vm vm, FactSet declared, long bytesAtTarget)
    {
        var cpus = Known(VmFact.Cpus, vm, declared).Or(0);
        var use = Known(VmFact.CpuAverage, vm, declared) is { IsKnown: true } average ? average.Value / 100 * cpus : (double?)null;
        var peak = Known(VmFact.CpuPeak, vm, declared) is { IsKnown: true } most ? most.Value / 100 * cpus : use;
        return new VmLoad(
            cpus, use, peak,
            vm.Power == PowerState.Off ? 0 : (long)Known(VmFact.Memory, vm, declared).Or(0),
            Math.Max(0, vm.Disks.Sum(disk => disk.AllocatedBytes.TryGet(out var allocated) ? allocated : disk.LengthBytes.Or(0)) - bytesAtTarget),
            vm.Disks.Sum(disk => disk.LengthBytes.Or(0)),
            Known(VmFact.Iops, vm, declared) is { IsKnown: true } iops ? iops.Value : null,
            Known(VmFact.KeepApart, vm, declared).Or([]));
    }

    internal static Fact<T> Known<T>(FactKey<T> key, IFactHolder holder, FactSet declared) => key.Of(holder) is { IsKnown: true } fact ? fact : declared.Get(key);
}
