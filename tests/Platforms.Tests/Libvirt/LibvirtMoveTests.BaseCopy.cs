using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

public sealed partial class LibvirtMoveTests
{
    [Fact(Timeout = Limit)]
    public async Task A_base_copy_that_was_stopped_goes_on_from_its_map_and_the_checkpoint_that_it_was_made_of()
    {
        var vm = await RunningAsync("move-stopped");
        using var limits = new CopyLimits(TimeProvider.System, TimeZoneInfo.Utc);
        (Dc1.CopyLimits, Dc2.CopyLimits) = (limits, limits);
        limits.Declare(BandwidthSchedule.Parse("4 MiB/s"), null, TimeSpan.FromMinutes(2));
        var spec = Spec(vm, MigrationMode.Warm);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            var before = await PreflightRunner.RunPatientlyAsync(spec, null, Both, false, PreflightRunner.RunPatience, TimeProvider.System, new StopAt(70, stop), Cancel);
            var stopped = await GoalSeeker.RunAsync(before.Plan!, before.Run!, stop.Token);
            Assert.True(stopped is { Cancelled: true, Failed.Name: "replicate" }, stopped.Why);
        }

        var map = Assert.Single(Directory.GetFiles(Path.Combine(TwoHosts.Folder, TwoHosts.Dc2), "*move-stopped*" + FileResumeStore.Suffix, SearchOption.AllDirectories));
        limits.Declare(BandwidthSchedule.Unlimited, null, TimeSpan.FromMinutes(2));

        var (run, outcome) = await DriveAsync(spec);

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Matches(@"base copy: .*done by an earlier run", outcome.Done.Single(step => step.Name == "replicate").Detail);
        Assert.All(run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.False(File.Exists(map));
        Assert.Contains("LAB-SHA ok", await ConsoleAsync(Dc2, vm.Id, "LAB-READY"), StringComparison.Ordinal);
    }

    /// <summary>Ends a run once the line of its copy says so many per cent.</summary>
    private sealed class StopAt(int percent, CancellationTokenSource stop) : RunEvents
    {
        public override void Status(string phase, string line)
        {
            if (line.StartsWith("base copy: copy ", StringComparison.Ordinal)
                && line.Split(' ') is var words && Array.IndexOf(words, "%") is var at and > 0 && int.Parse(words[at - 1]) >= percent)
            {
                stop.Cancel();
            }
        }

        public override void Say(Severity severity, string message)
        {
        }
    }
}
