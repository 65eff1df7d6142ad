using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>The source's host dies under the VM amid a warm copy, or somebody switches the VM off: only the former is started again.</summary>
public sealed class CrashedSourceTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_VM_that_lost_its_host_runs_again_and_one_that_was_switched_off_stays_off(bool crash)
    {
        var world = new Rehearsal(bytesPerSecond: 256 << 10);
        var spec = Rehearsal.Spec() with { Mode = MigrationMode.Warm };
        var outcome = await world.Time.RunAsync(async () =>
        {
            world.World.Restart();
            // The simulator's disks can be read on: the copy is cut short as a connection to a dead host is.
            using var cut = new CancellationTokenSource(TimeSpan.FromSeconds(6), world.Time);
            var run = Drive.RunAsync(spec, null, world.Sites(), false, world.NewRunner(), world.Time, RunEvents.None, cut.Token);
            await Task.Delay(TimeSpan.FromSeconds(4), world.Time);
            if (crash)
            {
                world.World.ByHand.CrashHost("dc1", "dc1-host1");
            }
            else
            {
                world.World.ByHand.PowerOff("dc1", Rehearsal.VmName);
            }

            return (await run).Outcome;
        });
        Assert.Equal("replicate", outcome!.Failed?.Name);
        Assert.Equal(crash ? PowerState.Running : PowerState.Off, (await world.ObserveAsync(spec)).Home!.Power);
        if (crash)
        {
            var (_, again) = await world.DriveAsync(spec with { Mode = MigrationMode.Cold });
            Assert.True(again is { Failed: null }, again?.Why);
            await world.AssertRunsAtAsync("dc2");
        }
    }
}
