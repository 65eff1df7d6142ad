using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>Who else sees a disk.</summary>
internal static class DiskShared
{
    internal static Rule Rule { get; } = Rules.Own("`disk.shared` is true", [DiskFact.Shared], look =>
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Shared, item, out var shared) && shared)
            {
                look.Trip(item.Name, $"{(item.Holder as Facts.Disk)?.Location} open to other VMs", "a disk of this VM alone");
            }
        }
    });

    internal static void Local(Look look)
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Local, item, out var local) && local && look.Get(PoolFact.Shared, out var shared) && shared)
            {
                look.Trip(item.Name, "storage of one host", "storage that both hosts see, as the pool at the target is");
            }
        }
    }

    internal static void AtRest(Look look)
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.AtRest, item, out var here) && here && look.Get(PoolFact.AtRest, out var there) && !there)
            {
                look.Trip(item.Name, "encryption at rest here and none there", "an encrypted pool");
            }
        }
    }
}
