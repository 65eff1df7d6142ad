using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>The way back from vSphere: what the VM has written there since the cutover is told by changed-block tracking, and only that comes home.</summary>
public sealed class VcsimReverseDeltaTests
{
    private const int Limit = 120_000;
    private const string Name = "delta-01";
    private const int DiskBytes = 16 << 20;

    /// <summary>The simulated guest writes to eight blocks from here on.</summary>
    private const int FirstWritten = 4 * 65536;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(MigrationMode.Cold)]
    [InlineData(MigrationMode.Warm)]
    [InlineData(MigrationMode.Cold, true)]
    public async Task What_was_written_at_vSphere_since_the_cutover_comes_home_by_its_changed_areas_or_where_they_are_lost_by_comparing(MigrationMode mode, bool lost = false)
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        var content = VcsimWorld.Content(DiskBytes, 6);
        var id = await new VcsimWorld(home, vc1).CreateRunningVmAsync(Name, content, Cancel);
        var spec = new MigrationSpec
        {
            Mode = mode,
            Goal = MigrationGoal.CutOver,
            Vm = new VmReference("vc1", Name, null),
            Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
        };
        var there = await VcsimMoves.UpAsync(spec, null, Cancel, vc1, vc2);
        Assert.True(there.Failed is null, $"{there.Failed?.Name}: {there.Why}");
        var copy = away.FlatOf(Assert.Single(await vc2.FindByNameAsync(Name, Cancel)).Disks[0].Location);
        var before = await File.ReadAllBytesAsync(copy, Cancel);
        while ((await File.ReadAllBytesAsync(copy, Cancel)).AsSpan().SequenceEqual(before))
        {
            await Task.Delay(100, Cancel);
        }

        if (lost)
        {
            await away.ResetTrackingAsync((await new VcsimWorld(away, vc2).VmAsync(Name, Cancel)).Ref);
        }

        var asked = await away.CallsAsync("QueryChangedDiskAreas");

        var (preview, back) = await Drive.RunAsync(spec, null, new Book(vc1, vc2), removal: true, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);

        Assert.True(back is { Failed: null }, $"{back?.Failed?.Name}: {back?.Why}");
        Assert.Null(preview.Run!.Delta!.WhyNot);
        Assert.Contains(back!.Done, step => step.Name == "bring changes back while it runs");
        Assert.True(await away.CallsAsync("QueryChangedDiskAreas") > asked);
        // Eight blocks, some of them in more than one round: far from the disk's 16 MiB, half of which is not zero.
        Assert.InRange(preview.Run.Transferred, 1, 3 * 8 * 65536);
        Assert.All(preview.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.Empty(await vc2.FindByNameAsync(Name, Cancel));
        var vm = Assert.Single(await vc1.FindByNameAsync(Name, Cancel));
        Assert.Equal((id, PowerState.Running, null), (vm.Id, vm.Power, vm.Stamp));
        var flat = await File.ReadAllBytesAsync(home.FlatOf(vm.Disks[0].Location), Cancel);
        Assert.Equal(content[..FirstWritten], flat[..FirstWritten]);
        Assert.Equal(content[(FirstWritten + (8 * 65536))..], flat[(FirstWritten + (8 * 65536))..]);
    }
}
