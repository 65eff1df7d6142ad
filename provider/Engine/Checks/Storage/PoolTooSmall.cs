using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>The target's storage pool must have room for all disks, with a tenth to spare.</summary>
/// <remarks>
/// If ignored, the copy runs for hours and then stops for want of space. Facts: what the disks take at the source (their full length where
/// that is unknown), the pool's free bytes as its platform reports them. Disks are made thin.
/// </remarks>
internal static class PoolTooSmall
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var at = PropertyPath.Of("target.storagePool");
        if (subject.TargetPool is not { } pool)
        {
            yield break;
        }

        if (!pool.FreeBytes.TryGet(out var free))
        {
            yield return Finding.Note(
                "capacity.storage.free", at, $"The room in storage pool \"{pool.Name}\" could not be seen ({pool.FreeBytes.WhyUnknown}), so nobody knows whether the disks fit.");
            yield break;
        }

        var needed = subject.Vm.Disks.Sum(disk => disk.AllocatedBytes.TryGet(out var allocated) ? allocated : disk.LengthBytes.Or(0)) - subject.BytesAtTarget;
        var full = subject.Vm.Disks.Sum(disk => disk.LengthBytes.Or(0));
        if (needed > free)
        {
            var fits = subject.To.Pools.Where(other => other.Active && other.FreeBytes.Or(0) > needed).Select(other => $"\"{other.Name}\" has {Human.Bytes(other.FreeBytes.Value)}").ToList();
            yield return Finding.Error(
                "capacity.storage.free",
                at,
                $"The disks of {subject.Vm.Name} hold {Human.Bytes(needed)}, but storage pool \"{pool.Name}\" at site \"{subject.To.Site}\" has {Human.Bytes(free)} free."
                + (fits.Count > 0 ? $" Choose a pool with room ({string.Join(", ", fits)}) or make room." : " Make room, or add a pool."));
        }
        else if (needed + (full / 10) > free)
        {
            yield return Finding.Warning(
                "capacity.storage.free",
                at,
                $"Storage pool \"{pool.Name}\" has {Human.Bytes(free)} free: enough for the {Human.Bytes(needed)} that the disks of {subject.Vm.Name} hold, "
                + $"but with less than a tenth of their {Human.Bytes(full)} to spare for growth.");
        }
    }
}
