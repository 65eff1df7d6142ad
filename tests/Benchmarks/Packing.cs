using System.Globalization;
using VmMigrate.Tests;

namespace VmMigrate.Benchmarks;

/// <summary><c>bench packing</c>: how much better the workload of 500 VMs uses a target when preview places it than with sizes one to one.</summary>
internal static class Packing
{
    private const double Must = 40;

    internal static async Task<int> RunAsync()
    {
        var vms = PackingWorkload.Make();
        var plain = PackingWorkload.OneToOne(vms);
        var packed = PackingWorkload.Pack(vms, plain.Hosts);
        var better = (100.0 * plain.Hosts / packed.Hosts) - 100;
        var ok = better >= Must && packed is { MostAverage: <= 70, MostPeak: <= 90, MostMemory: <= 100, MostRatio: <= 4 };
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"name":"packing-500","unit":"% better use of the target","ours":{{better:0.0}},"must":">= {{Must}}","ok":{{(ok ? "true" : "false")}},"note":"{{packed.Hosts}} hosts of 64 CPUs and 512 GiB instead of {{plain.Hosts}}; the busiest: {{packed.MostAverage:0}} % on average, {{packed.MostPeak:0}} % at peak, {{packed.MostMemory:0}} % of memory, {{packed.MostRatio:0.0}} virtual CPUs for each CPU"}"""));
        return ok ? 0 : 1;
    }
}
