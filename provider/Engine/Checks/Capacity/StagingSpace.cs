using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>A conversion needs room for its temporary files.</summary>
internal static class StagingSpace
{
    internal static Rule Rule { get; } = Rules.Own("`plan.stagingFree` is below `plan.stagingNeed`, or below policy `stagingSpace`", [PlanFact.StagingFree, PlanFact.StagingNeed], look =>
    {
        var needed = Math.Max(look.Peek(PlanFact.StagingNeed).Or(0), look.Limit(PolicyKeys.StagingMinimum));
        if (look.Get(PlanFact.StagingFree, out var free) && free < needed)
        {
            look.Trip(null, $"{Human.Bytes((long)free)} free", $"at least {Human.Bytes((long)needed)}");
        }
    }) with
    { Thresholds = [PolicyKeys.StagingMinimum] };
}
