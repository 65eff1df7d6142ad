using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Capacity;

/// <summary>What the target host carries after placement, together with what other migrations of this run bring.</summary>
internal static class HostLoad
{
    internal static Rule Rule { get; } = Rules.Own("average use after placement is above policy `cpuAverage` (above `cpuPeak`: stops), or peak use above `cpuPeak`", [HostFact.CpuAverage, HostFact.CpuPeak, HostFact.Cpus, VmFact.Cpus, VmFact.CpuAverage, VmFact.CpuPeak], look =>
    {
        if (!look.Get(HostFact.Cpus, out var cpus) || !look.Get(VmFact.Cpus, out var own) || !look.Get(HostFact.CpuAverage, out var average) || !look.Get(VmFact.CpuAverage, out var use))
        {
            return;
        }

        var (peak, ownPeak) = (look.Peek(HostFact.CpuPeak).Or(average), look.Peek(VmFact.CpuPeak).Or(use));
        var after = average + (((use * own) + (look.Subject.Others.CpuUse * 100)) / cpus);
        // Peaks are taken to fall together: nobody knows that they do not.
        var peakAfter = peak + (((ownPeak * own) + (look.Subject.Others.CpuPeak * 100)) / cpus);
        var (most, mostPeak) = (look.Limit(PolicyKeys.CpuAverage), look.Limit(PolicyKeys.CpuPeak));
        if (after > most || peakAfter > mostPeak)
        {
            look.Trip(
                $"host {look.Subject.Placement.Host}", $"{Human.Number(after, FactUnit.Percent)} on average and {Human.Number(peakAfter, FactUnit.Percent)} at peak after placement",
                $"at most {Human.Number(most, FactUnit.Percent)} and {Human.Number(mostPeak, FactUnit.Percent)}", after > mostPeak ? Weight.Stops : Weight.Warns);
        }
    }) with
    { Thresholds = [PolicyKeys.CpuAverage, PolicyKeys.CpuPeak] };

    internal static Rule Ratio { get; } = Rules.Own("virtual CPUs after placement for each CPU are above policy `vcpuRatio`", [HostFact.Vcpus, HostFact.Cpus, VmFact.Cpus], look =>
    {
        if (look.Get(HostFact.Vcpus, out var promised) && look.Get(HostFact.Cpus, out var cpus) && look.Get(VmFact.Cpus, out var own)
            && (promised + own + look.Subject.Others.Cpus) / cpus is var ratio && ratio > look.Limit(PolicyKeys.VcpuRatio))
        {
            look.Trip($"host {look.Subject.Placement.Host}", $"{ratio:0.0} virtual CPUs for each CPU after placement", $"at most {look.Limit(PolicyKeys.VcpuRatio)}");
        }
    }) with
    { Thresholds = [PolicyKeys.VcpuRatio] };

    internal static Rule Memory { get; } = Rules.Own("memory promised after placement is above policy `memoryCommit`", [HostFact.MemoryCommitted, HostFact.Memory, VmFact.Memory], look =>
    {
        if (look.Get(HostFact.MemoryCommitted, out var promised) && look.Get(HostFact.Memory, out var all) && look.Get(VmFact.Memory, out var own)
            && (promised + own + look.Subject.Others.MemoryBytes) / all * 100 is var percent && percent > look.Limit(PolicyKeys.MemoryCommit))
        {
            look.Trip($"host {look.Subject.Placement.Host}", $"{Human.Number(percent, FactUnit.Percent)} of its memory promised after placement", $"at most {look.Limit(PolicyKeys.MemoryCommit)} %");
        }
    }) with
    { Thresholds = [PolicyKeys.MemoryCommit] };
}
