using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Tests;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>A run that dies amid its copy, as another process did before.</summary>
internal static class HalfMoved
{
    internal static async Task LeaveAsync(SimulatedWorld world, string owner = "")
    {
        var options = new SiteOptions { Faults = [new Fault { Kind = FaultKind.Crash, Call = "WriteBlocks", Nth = 3 }] };
        var book = new Book(Keep(world, "dc1"), world.Open("dc2", options));
        var spec = new MigrationSpec { Vm = new VmReference("dc1", "web", null), Target = new TargetSpec("dc2", null, null, ImmutableDictionary<string, string>.Empty, null), Owner = owner };
        await Assert.ThrowsAsync<SimulatedCrashException>(() => Drive.RunAsync(
            spec, null, book, false, new RunnerIdentity("a dead runner", Dead, Guid.NewGuid), TimeProvider.System, RunEvents.None, TestContext.Current.CancellationToken));
        world.Restart();
    }

    /// <summary>A process with the id of this one that began at another time: gone.</summary>
    private static string Dead => RunnerIdentity.This.Process[..RunnerIdentity.This.Process.LastIndexOf('/')] + "/1";

    private static SimulatorSite Keep(SimulatedWorld world, string name) => world.Open(name, new SiteOptions
    {
        DataBytes = 1 << 20,
        Guest = new() { Boot = TimeSpan.Zero, Shutdown = TimeSpan.Zero },
        Machines = [new MachineOptions { Name = "web", Disks = [8 << 20] }],
    });
}
