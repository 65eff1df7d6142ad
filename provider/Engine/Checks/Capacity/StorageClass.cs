using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>The storage at the target must be as fast as the disks are busy.</summary>
internal static class StorageClass
{
    private static readonly string[] Fast = ["ssd", "nvme", "provisioned"];

    internal static Rule Rule { get; } = Rules.Own("`vm.iops` is above `pool.iops`, or above policy `highIops` (or `plan.latencyCritical`) on media that are no SSD", [VmFact.Iops, PoolFact.Iops, PoolFact.Media, PlanFact.LatencyCritical], look =>
    {
        if (!look.Get(VmFact.Iops, out var iops))
        {
            return;
        }

        if (look.Peek(PoolFact.Iops).TryGet(out var most) && iops > most)
        {
            look.Trip(null, $"{iops} operations a second", $"a pool that serves them (\"{look.Subject.Placement.Pool}\": {most})");
        }
        else if ((iops > look.Limit(PolicyKeys.HighIops) || look.Peek(PlanFact.LatencyCritical).Or(false)) && look.Get(PoolFact.Media, out var media)
            && !Fast.Contains(media, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(null, $"{iops} operations a second on media {media}", "an SSD class");
        }
    }) with
    { Thresholds = [PolicyKeys.HighIops] };

    internal static void Latency(Look look)
    {
        if (look.Get(PoolFact.Latency, out var there) && look.Get(VmFact.DiskLatency, out var here) && there > here)
        {
            look.Trip(null, $"{PoolFact.Latency.Print(there)} at the target", $"at most the present {PoolFact.Latency.Print(here)}");
        }
    }
}
