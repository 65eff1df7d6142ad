using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Tests;

namespace VmMigrate.Truth;

/// <summary>Moves in a simulated world, in real time: its jumping clock would make up durations while the copier's threads work.</summary>
internal static class SimulatorMoves
{
    private const int MiB = 1 << 20;

    internal static async Task<List<Measured>> RunAsync(int moves, int seed)
    {
        // The figures have to be the same at every run, so that a change of the model shows.
        var chance = new Random(seed);
        var time = TimeProvider.System;
        var world = new SimulatedWorld(time);
        var names = Enumerable.Range(1, moves).Select(i => $"vm-{i:000}").ToList();
        var source = new SiteOptions
        {
            Seed = seed,
            BytesPerSecond = 16.0 * MiB,
            Latency = TimeSpan.FromMilliseconds(20),
            Hosts = [new HostOptions { Name = "from", Cpus = 4096, MemoryBytes = 16L << 40 }],
            Machines =
            [
                .. names.Select(name => new MachineOptions
                {
                    Name = name,
                    Disks = [.. Enumerable.Range(0, 1 + chance.Next(3)).Select(_ => (long)chance.Next(1, 20) << 30)],
                    Guest = new GuestOptions { Boot = Between(chance, 1, 1.8), Shutdown = Between(chance, 0.5, 1), WorkingSetBytes = 64 << 10 },
                }),
            ],
        };
        var sites = new Book(
            world.Open("dc1", source, null, time),
            world.Open("dc2", source with { Machines = [], Hosts = [new HostOptions { Name = "to", Cpus = 4096, MemoryBytes = 16L << 40 }] }, null, time));

        // Every site comes to be at its first call.
        await sites.Find("dc1")!.DescribeAsync(CancellationToken.None);
        foreach (var name in names)
        {
            Fill(world, name, chance.Next(0, 24) * MiB, chance);
        }

        await Task.Delay(TimeSpan.FromSeconds(2));
        var found = new List<Measured>();
        for (var i = 0; found.Count < moves; i++)
        {
            found.Add((await Measured.RunAsync(sites, names[i], false, time))!);
            if (i % 5 == 4 && found.Count < moves)
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                await Measured.RunAsync(sites, names[i], true, time);
                await Task.Delay(TimeSpan.FromSeconds(2));
                found.Add((await Measured.RunAsync(sites, names[i], false, time))!);
            }
        }

        return found;
    }

    private static void Fill(SimulatedWorld world, string vm, int bytes, Random chance)
    {
        var content = new byte[bytes];
        chance.NextBytes(content);
        if (bytes > 0)
        {
            world.ByHand.WriteToDisk("dc1", vm, "vda", 512L << 20, content);
        }
    }

    private static TimeSpan Between(Random chance, double least, double most) => TimeSpan.FromSeconds(least + (chance.NextDouble() * (most - least)));
}
