using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Planning;

/// <summary>Whether a host has room for a VM within the policy's thresholds, and how full it would be. What is not known does not stand against it.</summary>
/// <param name="Against">Why it has no room; null where it has.</param>
/// <param name="Fullness">The fullest of its memory and CPUs after placement, from 0 to 1.</param>
internal sealed record HostFit(Hypervisor Host, string? Against, double Fullness, string Words)
{
    private static readonly string[] InOrder = ["up", "normal", "connected", "ok"];

    internal static HostFit Of(Hypervisor host, Vm vm, VmLoad load, Policy policy, Reserved others)
    {
        var against = Refusal(host, vm, load, others);
        var (fullness, words) = (0.0, new List<string>());
        if (host.MemoryBytes.TryGet(out var memory) && memory > 0 && host.FreeMemoryBytes.TryGet(out var free))
        {
            var used = (memory - free + others.MemoryBytes + load.MemoryBytes) / (double)memory;
            against ??= used > 1 ? $"lacks {Human.Bytes((long)((used - 1) * memory))} of memory" : null;
            fullness = used;
            words.Add($"memory {Percent(used)}");
        }

        if (host.Cpus.TryGet(out var cpus) && cpus > 0)
        {
            var promised = HostFact.Vcpus.Of(host).Or(0) + others.Cpus + load.Cpus;
            var ratio = promised / cpus;
            against ??= ratio > policy.Of(PolicyKeys.VcpuRatio) ? $"would have {ratio:0.0} virtual CPUs for each CPU" : null;
            if (load.CpuUse is { } use)
            {
                var now = HostFact.CpuAverage.Of(host).Or(0);
                var average = (now / 100) + ((others.CpuUse + use) / cpus);
                var peak = (HostFact.CpuPeak.Of(host).Or(now) / 100) + ((others.CpuPeak + (load.CpuPeak ?? use)) / cpus);
                against ??= average * 100 > policy.Of(PolicyKeys.CpuAverage) || peak * 100 > policy.Of(PolicyKeys.CpuPeak) ? $"would be busy by {Percent(average)} on average and {Percent(peak)} at peak" : null;
                fullness = Math.Max(fullness, Math.Max(average * 100 / policy.Of(PolicyKeys.CpuAverage), peak * 100 / policy.Of(PolicyKeys.CpuPeak)));
                words.Add($"CPUs {Percent(average)} on average and {Percent(peak)} at peak");
            }
            else
            {
                fullness = Math.Max(fullness, ratio / policy.Of(PolicyKeys.VcpuRatio));
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} virtual CPUs for each CPU"));
            }
        }

        return new HostFit(host, against, fullness, words.Count == 0 ? "nothing is known about its use" : string.Join(", ", words) + " after it");
    }

    /// <summary>Why the others are out, with a leading separator; empty where none is.</summary>
    internal static string Others(IReadOnlyList<HostFit> fits)
    {
        var without = fits.Where(fit => fit.Against is not null).ToList();
        return without.Count == 0 ? "" : $", while {string.Join(", ", without.Take(3).Select(fit => $"{fit.Host.Name} {fit.Against}"))}{(without.Count > 3 ? $" and {without.Count - 3} more have none either" : "")}";
    }

    private static string? Refusal(Hypervisor host, Vm vm, VmLoad load, Reserved others)
    {
        if (HostFact.State.Of(host).TryGet(out var state) && !InOrder.Contains(state, StringComparer.OrdinalIgnoreCase))
        {
            return $"is {state}";
        }

        if (vm.Architecture.TryGet(out var guest) && host.Architecture.TryGet(out var native) && guest != native)
        {
            return $"is {native}";
        }

        return load.KeepApart.Intersect(others.Vms).FirstOrDefault() is { } other ? $"is where {other} goes, from which it is to be kept apart" : null;
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");
}
