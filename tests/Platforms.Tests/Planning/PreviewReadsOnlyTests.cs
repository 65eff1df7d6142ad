using System.Text;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Tests.Driving;

namespace VmMigrate.Platforms.Tests.Planning;

/// <summary>A preview never changes anything anywhere: every call that it makes is recorded, from every place where an earlier run may have stopped.</summary>
public sealed class PreviewReadsOnlyTests
{
    /// <summary>All that a preview may call, by name: a call that is added to a site is forbidden here until somebody has looked at it.</summary>
    private static readonly HashSet<string> _reads = new(StringComparer.Ordinal)
    {
        "Describe", "List", "FindByName", "FindStamped", "FindStampedDisks", "LookAtStampedDisks", "Inspect", "InspectFence", "PingAgent", "ReadConsole",
        "FindCheckpoints", "MeasureChanged", "FindLiveBlockers", "FindLease",
    };

    [Fact(Timeout = 300_000)]
    public async Task From_wherever_a_run_was_stopped_a_preview_of_any_goal_only_reads()
    {
        var places = 0;
        foreach (var site in new[] { "dc1", "dc2" })
        {
            for (var nth = 1; ; nth++)
            {
                var world = new Rehearsal();
                var calls = world.World.Calls.Count;
                var stopped = false;
                try
                {
                    await world.DriveAsync(Rehearsal.Spec(), false, null, default, (site, new Fault { Kind = FaultKind.Crash, Call = "Ensure*", Nth = nth, Moment = FaultMoment.Inside }));
                }
                catch (SimulatedCrashException)
                {
                    stopped = true;
                }

                world.Time.Advance(TimeSpan.FromSeconds(5));
                await AssertOnlyReadsAsync(world, $"stopped at call {nth} of {site}");
                places++;
                if (!stopped)
                {
                    // It ran to its end: the VM is at the target.
                    break;
                }
            }
        }

        Assert.True(places > 12, $"only {places} places were tried");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_preview_that_meets_faults_only_reads_too()
    {
        foreach (var call in _reads)
        {
            var world = new Rehearsal();
            await AssertOnlyReadsAsync(world, $"{call} is refused", ("dc1", new Fault { Kind = FaultKind.Refuse, Call = call, Times = 1000 }), ("dc2", new Fault { Kind = FaultKind.LoseReply, Call = call, Times = 1000 }));
        }
    }

    private static async Task AssertOnlyReadsAsync(Rehearsal world, string where, params (string Site, Fault Fault)[] faults)
    {
        await world.ObserveAsync(Rehearsal.Spec());
        var before = (Calls: world.World.Calls.Count, State: State(world));
        await world.Time.RunAsync(async () =>
        {
            world.World.Restart();
            foreach (var remembered in new[] { null, new Remembered(MigrationPhase.CutOver, "dc2", null) })
            {
                foreach (var goal in Enum.GetValues<MigrationGoal>())
                {
                    foreach (var removal in new[] { false, true })
                    {
                        foreach (var book in new SiteBook[] { world.Sites(faults), new InventoryBook(world.Sites(faults), world.Time) })
                        {
                            await PreflightRunner.RunAsync(Rehearsal.Spec(goal), remembered, book, removal, world.Time, RunEvents.None, CancellationToken.None);
                        }
                    }
                }
            }
        });
        var made = world.World.Calls.Skip(before.Calls).ToList();
        Assert.NotEmpty(made);
        Assert.True(made.TrueForAll(call => !call.Writes && _reads.Contains(call.Name)), $"{where}: {string.Join(", ", made.Where(call => call.Writes || !_reads.Contains(call.Name)).Select(call => call.Name).Distinct())}");
        Assert.Equal(before.State, State(world));
    }

    /// <summary>All that anybody did to a VM so far.</summary>
    private static string State(Rehearsal world)
    {
        var text = new StringBuilder();
        foreach (var happened in world.World.Events)
        {
            text.AppendLine(happened.ToString());
        }

        return text.ToString();
    }
}
