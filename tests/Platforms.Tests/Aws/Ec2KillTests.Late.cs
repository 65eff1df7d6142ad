using VmMigrate.TestEc2;
using Xunit.Sdk;

namespace VmMigrate.Platforms.Tests.Aws;

// The last call of a process that was killed may be under way for longer than the process: it has its effect at any moment of the run that comes after.
public sealed partial class Ec2KillTests
{
    /// <summary>Every call of the theories above, at every moment of the run that comes after. It takes many minutes; the theories try some of the moments.</summary>
    /// <remarks>Two are left out: StopInstances and StartInstances that arrive when the next run has gone further do to the VM what anybody's would, and the run after that mends it.</remarks>
    [Theory(Timeout = 30 * Limit, Explicit = true)]
    [InlineData(Way.There, "PUT /snapshots", 12)]
    [InlineData(Way.There, "POST /snapshots/completion", 1)]
    [InlineData(Way.There, "CreateNetworkInterface", 1)]
    [InlineData(Way.There, "RunInstances", 1)]
    [InlineData(Way.There, "AttachVolume", 2)]
    [InlineData(Way.Back, "CreateSnapshots", 2)]
    [InlineData(Way.Back, "TerminateInstances", 1)]
    [InlineData(Way.Back, "DeleteNetworkInterface", 1)]
    [InlineData(Way.Back, "DeleteVolume", 1)]
    [InlineData(Way.Back, "DeleteSnapshot", 2)]
    [InlineData(Way.Commit, "DeleteTags", 1)]
    [InlineData(Way.Commit, "DeleteSnapshot", 1)]
    [InlineData(Way.Commit, "ModifyInstanceAttribute", 1)]
    [InlineData(Way.Out, "DetachVolume", 1)]
    [InlineData(Way.Out, "CreateTags", 4)]
    [InlineData(Way.CommitOut, "TerminateInstances", 1)]
    [InlineData(Way.CommitOut, "DeleteVolume", 1)]
    public Task A_call_that_takes_effect_at_any_moment_of_the_next_run_changes_nothing_of_its_end(Way way, string call, int time) => KillAndGoOnAsync(way, (call, time, int.MaxValue));

    /// <summary>Kills a run, and goes on from each of its calls: once with that call's effect before all, and some times with it amid the run.</summary>
    private async Task KillAndGoOnAsync(Way way, params (string Call, int Time, int Late)[] calls)
    {
        await using var begun = await Ec2World.StartAsync();
        await using var other = await Ec2World.StartAsync();
        var ec2 = begun;
        if (way is Way.Back or Way.Commit)
        {
            (ec2, _folder) = await _toEc2.ReturnAsync();
        }
        else if (way is Way.Out or Way.CommitOut)
        {
            SeedRunning(ec2);
        }

        if (way is Way.CommitOut)
        {
            await using var site = ec2.Open("ec2");
            await using var there = other.Open("there");
            var (before, moved) = await DriveOutAsync(site, there);
            AssertDone(before, moved);
        }

        var failed = new List<string>();
        foreach (var ((call, time, late), (moment, effect)) in calls.Zip(await KillAsync(way, calls, ec2, other)))
        {
            var made = await TryAsync(0, []);
            for (var i = 1; i <= Math.Min(late, made.Count); i++)
            {
                await TryAsync(late >= made.Count ? i : (int)((long)made.Count * i / (late + 1)), made);
            }

            // Before its n-th call; 0: before all.
            async Task<List<string>> TryAsync(int before, List<string> made)
            {
                await moment.ReturnAsync();
                var seen = new List<string>();
                try
                {
                    if (before == 0)
                    {
                        Take(effect, ec2);
                    }

                    ec2.World.Faults.Before = action =>
                    {
                        lock (seen)
                        {
                            seen.Add(action);
                            if (seen.Count != before)
                            {
                                return;
                            }
                        }

                        Take(effect, ec2);
                    };
                    await GoOnAsync(way, call, ec2, other);
                }
                catch (XunitException e)
                {
                    failed.Add($"killed at {call} {time}, which took effect before {before} of {made.Count}, {made.ElementAtOrDefault(before - 1)}: {e.Message}");
                }

                return seen;
            }
        }

        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    private static void Take(Action<World> effect, Ec2World ec2)
    {
        lock (ec2.World.Gate)
        {
            try
            {
                effect(ec2.World);
            }
            catch (Ec2Error)
            {
                // By now it is refused.
            }
        }
    }

    private static void SeedRunning(Ec2World ec2)
    {
        var instance = ec2.Seed("web-02");
        ec2.Do(world =>
        {
            world.Boot(instance);
            return 0;
        });
    }
}
