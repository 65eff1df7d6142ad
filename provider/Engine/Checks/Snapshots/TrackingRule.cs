using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Snapshots;

/// <summary>A warm move needs to know what has changed.</summary>
internal static class TrackingRule
{
    internal static Rule Rule { get; } = Rules.Own("the source's driver has no changed-block tracking, or `disk.changeTracking` is false", [DiskFact.ChangeTracking], look =>
    {
        if (!look.Subject.FromCapabilities.ChangedBlockTracking)
        {
            look.Trip(null, $"no change tracking at site \"{look.Subject.From.Site}\"", "change tracking");
            return;
        }

        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.ChangeTracking, item, out var on) && !on)
            {
                look.Trip(item.Name, "no change tracking", "change tracking");
            }
        }
    });
}
