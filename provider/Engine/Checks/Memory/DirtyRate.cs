using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Memory;

/// <summary>What changes must be slower than what carries the changes.</summary>
internal static class DirtyRate
{
    internal static Rule Rule { get; } = Rules.Own("`vm.dirtyRate` is above `link.rate`", [VmFact.DirtyRate, LinkFact.Rate], look => Compare(look, VmFact.DirtyRate, "memory changes"));

    internal static void Churn(Look look) => Compare(look, VmFact.Churn, "disk changes");

    internal static void SnapshotSpace(Look look)
    {
        if (look.Get(VmFact.SnapshotGrowth, out var growth) && look.Get(PoolFact.Free, out var free, source: true) && growth > free)
        {
            look.Trip(null, $"{Human.Bytes((long)growth)} of growth", $"at most the {Human.Bytes((long)free)} that are free at the source");
        }
    }

    private static void Compare(Look look, FactKey<double> change, string what)
    {
        if (look.Get(change, out var rate) && look.Get(LinkFact.Rate, out var link) && rate > link)
        {
            look.Trip(null, $"{what} of {change.Print(rate)}", $"less than the link's {change.Print(link)}");
        }
    }
}
