using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>The target's storage pool must have room for all disks, with some to spare.</summary>
internal static class PoolTooSmall
{
    internal static Rule Rule { get; } = Rules.Own("what the disks hold is above `pool.free` less what other migrations of this run take", [PoolFact.Free], look =>
    {
        var subject = look.Subject;
        if (Room(look) is not { } free)
        {
            return;
        }

        var needed = Needed(subject);
        if (needed > free)
        {
            var fits = subject.To.Pools.Where(other => other.Active && other.FreeBytes.Or(0) > needed).Select(other => $"\"{other.Name}\" has {Human.Bytes(other.FreeBytes.Value)}").ToList();
            look.Say(
                $"The disks of {subject.Vm.Name} hold {Human.Bytes(needed)}, but storage pool \"{subject.Placement.Pool}\" at site \"{subject.To.Site}\" has {Human.Bytes(free)} free{Others(subject)}."
                + (fits.Count > 0 ? $" Choose a pool with room ({string.Join(", ", fits)}) or make room." : " Make room, or add a pool."));
        }
    });

    internal static Rule Slack { get; } = Rules.Own("less than policy `storageSlack` of the disks' length would stay free", [PoolFact.Free], look =>
    {
        var subject = look.Subject;
        if (Room(look) is not { } free)
        {
            return;
        }

        var (needed, full) = (Needed(subject), subject.Vm.Disks.Sum(disk => disk.LengthBytes.Or(0)));
        if (needed <= free && needed + (full * look.Limit(PolicyKeys.StorageSlack) / 100) > free)
        {
            look.Say(
                $"Storage pool \"{subject.Placement.Pool}\" has {Human.Bytes(free)} free{Others(subject)}: enough for the {Human.Bytes(needed)} that the disks of {subject.Vm.Name} hold, "
                + $"but with less than {look.Limit(PolicyKeys.StorageSlack)} % of their {Human.Bytes(full)} to spare for growth. Choose a pool with more room, or extend it.");
        }
    }) with
    { Thresholds = [PolicyKeys.StorageSlack] };

    /// <summary>What the disks take at the source (their full length where that is unknown), less what is at the target already. Disks are made thin.</summary>
    internal static long Needed(CheckSubject subject) =>
        subject.Vm.Disks.Sum(disk => disk.AllocatedBytes.TryGet(out var allocated) ? allocated : disk.LengthBytes.Or(0)) - subject.BytesAtTarget;

    private static long? Room(Look look) =>
        look.Subject.TargetPool is not null && look.Get(PoolFact.Free, out var free) ? Math.Max(0, (long)free - look.Subject.Others.StorageBytes) : null;

    private static string Others(CheckSubject subject) =>
        subject.Others.StorageBytes > 0 ? $" after the {Human.Bytes(subject.Others.StorageBytes)} that other migrations of this run take" : "";
}
