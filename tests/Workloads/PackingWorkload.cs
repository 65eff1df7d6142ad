using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Tests;

/// <summary>A VM of the workload: its size, and its CPU use in percent of its size for each hour of a day.</summary>
internal sealed record WorkloadVm(string Name, int Cpus, int MemoryGiB, ImmutableArray<int> Use);

/// <summary>How many hosts a way of placing takes, and the worst that any of them sees.</summary>
internal sealed record Packed(int Hosts, double MostAverage, double MostPeak, double MostMemory, double MostRatio);

/// <summary>
/// 500 VMs, made from a fixed seed (<c>tests/Workloads/estate-500.csv</c>), and what placing them one to one or packed takes of hosts with 64 CPUs and 512 GiB.
/// </summary>
/// <remarks>
/// Sizes: 1, 2, 4, 8, 16 CPUs with weights 20, 35, 27, 13, 5; 2, 4 or 8 GiB for each CPU with weights 35, 50, 15. Use: a base of 2 to 12 %, evenly
/// spread, and on top an amplitude of 5 to 65 % (an even number squared, so that most are idle, as public traces of clouds show), at times of a day by kind: 55 % office hours
/// (8 to 18), 20 % nights (batch and backup, 22 to 5), 25 % flat. Each hour has a noise of ±2 %.
/// </remarks>
internal static class PackingWorkload
{
    internal const string File = "tests/Workloads/estate-500.csv";

    private const int Count = 500;
    private const ulong Seed = 20261125;
    private const int HostCpus = 64;
    private const long HostMemoryGiB = 512;
    private const long GiB = 1L << 30;

    internal static ImmutableArray<WorkloadVm> Make()
    {
        var state = Seed;
        var vms = ImmutableArray.CreateBuilder<WorkloadVm>();
        for (var number = 1; number <= Count; number++)
        {
            var cpus = Pick(Next(), (1, 20), (2, 35), (4, 27), (8, 13), (16, 5));
            var memory = cpus * Pick(Next(), (2, 35), (4, 50), (8, 15));
            var (low, amplitude, kind) = (2 + (10 * Next()), Next(), Pick(Next(), (0, 55), (1, 20), (2, 25)));
            amplitude = 5 + (60 * amplitude * amplitude);
            vms.Add(new WorkloadVm(
                string.Create(CultureInfo.InvariantCulture, $"vm-{number:D3}"), cpus, memory,
                [.. Enumerable.Range(0, 24).Select(hour => (int)Math.Clamp(Math.Round(low + (amplitude * Shape(kind, hour)) + (4 * Next()) - 2), 1, 100))]));
        }

        return vms.ToImmutable();

        // xorshift64*, as even numbers from 0 to 1: the same on every machine.
        double Next()
        {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            return (state * 2685821657736338717UL >> 11) / (double)(1UL << 53);
        }
    }

    internal static string Write(ImmutableArray<WorkloadVm> vms)
    {
        var text = new StringBuilder("name,cpus,memoryGiB,cpu use in percent for each hour of a day\n");
        foreach (var vm in vms)
        {
            text.Append(CultureInfo.InvariantCulture, $"{vm.Name},{vm.Cpus},{vm.MemoryGiB},{string.Join(' ', vm.Use)}\n");
        }

        return text.ToString();
    }

    /// <summary>Each VM takes what it is sized for: a CPU for a CPU, and its memory. Best fit, so that only the sizing is compared.</summary>
    internal static Packed OneToOne(ImmutableArray<WorkloadVm> vms)
    {
        var hosts = new List<List<WorkloadVm>>();
        foreach (var vm in vms)
        {
            var fit = hosts.Where(host => host.Sum(one => one.Cpus) + vm.Cpus <= HostCpus && host.Sum(one => one.MemoryGiB) + vm.MemoryGiB <= HostMemoryGiB)
                .MaxBy(host => Math.Max(host.Sum(one => one.Cpus) / (double)HostCpus, host.Sum(one => one.MemoryGiB) / (double)HostMemoryGiB));
            if (fit is null)
            {
                hosts.Add(fit = []);
            }

            fit.Add(vm);
        }

        return Seen(hosts);
    }

    /// <summary>As preview places them one after the other with the default policy, each seeing what is left after those before.</summary>
    /// <param name="hosts">How many hosts the target has.</param>
    internal static Packed Pack(ImmutableArray<WorkloadVm> vms, int hosts)
    {
        var to = new SiteFacts
        {
            Site = "there",
            Platform = "libvirt",
            Identity = "there",
            Hosts = [.. Enumerable.Range(1, hosts).Select(number => new Hypervisor
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"host-{number:D2}"),
                Cpus = Fact.Known(HostCpus),
                MemoryBytes = Fact.Known(HostMemoryGiB * GiB),
                FreeMemoryBytes = Fact.Known(HostMemoryGiB * GiB),
            })],
            Pools = [new StoragePool { Name = "pool", Kind = "dir", FreeBytes = Fact.Known(1L << 50) }],
        };
        var book = new ReservationBook();
        var placed = vms.GroupBy(vm =>
        {
            var facts = FactSet.Empty.With(VmFact.CpuAverage, vm.Use.Average()).With(VmFact.CpuPeak, (double)vm.Use.Max());
            var fact = new Vm
            {
                Id = vm.Name,
                Name = vm.Name,
                Power = PowerState.Running,
                Cpus = Fact.Known(vm.Cpus),
                MemoryBytes = Fact.Known(vm.MemoryGiB * GiB),
                Observed = facts,
            };
            var spec = new MigrationSpec { Vm = new VmReference("here", vm.Name, null), Target = new TargetSpec("there", null, null, ImmutableDictionary<string, string>.Empty, null) };
            return book.Place(vm.Name, spec, fact, to, Policy.Default, 0).Placement.Host;
        });
        return Seen(placed);
    }

    private static Packed Seen(IEnumerable<IEnumerable<WorkloadVm>> hosts)
    {
        var loads = hosts.Select(host =>
        {
            var list = host.ToList();
            var hours = Enumerable.Range(0, 24).Select(hour => list.Sum(vm => vm.Cpus * vm.Use[hour] / 100.0) / HostCpus * 100).ToList();
            return (Average: hours.Average(), Peak: hours.Max(), Memory: list.Sum(vm => vm.MemoryGiB) * 100.0 / HostMemoryGiB, Ratio: list.Sum(vm => vm.Cpus) / (double)HostCpus);
        }).ToList();
        return new Packed(loads.Count, loads.Max(load => load.Average), loads.Max(load => load.Peak), loads.Max(load => load.Memory), loads.Max(load => load.Ratio));
    }

    private static double Shape(int kind, int hour) => kind switch
    {
        0 => hour is >= 8 and < 18 ? 1 : 0.1,
        1 => hour is >= 22 or < 5 ? 1 : 0.05,
        _ => 0.5,
    };

    private static int Pick(double share, params (int Value, int Weight)[] choices)
    {
        var rest = share * choices.Sum(choice => choice.Weight);
        foreach (var (value, weight) in choices)
        {
            if ((rest -= weight) < 0)
            {
                return value;
            }
        }

        return choices[^1].Value;
    }
}
