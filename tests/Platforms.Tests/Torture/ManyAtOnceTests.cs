using System.Collections.Immutable;
using System.Diagnostics;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Torture;

public sealed class ManyAtOnceTests
{
    private const int All = 200;

    [Fact(Timeout = 600_000)]
    public async Task Two_hundred_migrations_at_once_are_all_done()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var guest = new GuestOptions { Boot = TimeSpan.FromSeconds(2), Shutdown = TimeSpan.FromSeconds(1) };
        SiteOptions source = new()
        {
            Guest = guest,
            DataBytes = 1 << 20,
            Machines = [.. Enumerable.Range(1, All).Select(number => new MachineOptions { Name = $"vm-{number:D3}", Disks = [4L << 20], MemoryBytes = 512L << 20, Networks = ["default"] })],
        };
        var book = new Book(world.Open("dc1", source), world.Open("dc2", new SiteOptions { Guest = guest, Hosts = [.. Enumerable.Range(1, 8).Select(number => new HostOptions { Name = $"host-{number}" })] }));
        GC.Collect();
        var (memory, used, since) = (GC.GetTotalMemory(true), Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
        var most = 0L;
        var ended = await time.RunAsync(async () => await Task.WhenAll(Enumerable.Range(1, All).Select(async number =>
        {
            var spec = new MigrationSpec { Vm = new VmReference("dc1", $"vm-{number:D3}", null), Target = new TargetSpec("dc2", null, "fast", ImmutableDictionary<string, string>.Empty, null) };
            var end = await Drive.RunAsync(spec, null, book, false, new RunnerIdentity($"runner {number}", "", Guid.NewGuid), time, RunEvents.None, default);
            most = Math.Max(most, GC.GetTotalMemory(false));
            return end;
        })));
        var spent = Process.GetCurrentProcess().TotalProcessorTime - used;
        Assert.All(ended, end => Assert.True(end.Outcome is { Failed: null }, string.Join(" ", end.Before.Findings) + end.Outcome?.Why));
        Assert.Equal(All, world.Watches().Values.Count(watch => watch is { Running: 1, DoubleRuns: 0 }));
        Report.Line(
            "200 at once", ("migrations", All), ("processorSecondsEach", Math.Round(spent.TotalSeconds / All, 3)), ("seconds", Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 1)),
            ("mostManagedMiB", (most - memory) >> 20), ("keptManagedMiB", (GC.GetTotalMemory(true) - memory) >> 20));
    }
}
