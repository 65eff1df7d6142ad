using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>A suggestion, never a change: sizes stay as they are.</summary>
internal static class RightSize
{
    internal static Rule Rule { get; } = Rules.Own("`vm.cpuPeak` or `vm.memoryPeak` is below policy `rightSizePeak`, and half of it would do", [VmFact.Cpus, VmFact.CpuPeak, VmFact.Memory, VmFact.MemoryPeak], look =>
    {
        var most = look.Limit(PolicyKeys.PeakOfSize);
        if (look.Get(VmFact.CpuPeak, out var peak) && look.Get(VmFact.Cpus, out var cpus) && cpus > 1 && peak < most)
        {
            look.Trip(null, $"a peak CPU use of {peak:0} % of {cpus} CPUs", $"{Math.Ceiling(cpus * peak / 70)} CPUs would do with a peak of 70 %");
        }

        if (look.Get(VmFact.MemoryPeak, out var memory) && look.Get(VmFact.Memory, out var bytes) && memory < most)
        {
            look.Trip(null, $"a peak memory use of {memory:0} % of {Human.Bytes((long)bytes)}", $"{Human.Bytes((long)(bytes * memory / 70))} would do with a peak of 70 %");
        }
    }) with
    { Thresholds = [PolicyKeys.PeakOfSize] };
}
