using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>Recovery points on two real hosts: snapshots in the images of the copy, of a guest that writes and syncs each second, and whose own log says which moment a disk holds.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class LibvirtRecoveryPointTests(TwoHosts lab) : OnTwoHosts(lab)
{
    private const int Limit = 300_000;
    private const string Foreign = "taken by hand";

    [Fact(Timeout = Limit)]
    public async Task A_guest_comes_home_as_it_was_at_a_point_and_another_s_snapshot_is_left_alone()
    {
        const string Name = "points-home";
        var vm = await BootedAsync(Name);
        var spec = Spec(Name) with { Mode = MigrationMode.Warm, Goal = MigrationGoal.Replicated, KeepPoints = 2 };
        await RunAsync(spec);
        var image = await ImageAsync(spec);
        await TwoHosts.RunAsync("qemu-img", ["snapshot", "-c", Foreign, image]);
        var there = await TicksAsync(Dc1, vm.Id, 2);
        await RunAsync(spec);
        var later = await TicksAsync(Dc1, vm.Id, 2);
        await RunAsync(spec);
        var points = await PointsAsync(spec);
        Assert.Equal(2, points.Length);
        await AssertSoundAsync(image, 2);

        await RunAsync(spec with { Goal = MigrationGoal.CutOver });
        await TicksAsync(Dc2, vm.Id, 2);
        var back = await RunAsync(spec with { RollbackTo = points[0] });
        Assert.Contains(back.Findings, finding => finding.Id == "rollback.goes-back" && finding.Severity == Severity.Warning);

        // It has never booted at the target, as far as it knows.
        var console = await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", console, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);
        await AssertSoundAsync(image, 3);
        await Dc1.EnsureOffAsync(vm.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await AssertHoldsAsync(Path.Combine(Lab.Images(TwoHosts.Dc1), vm.Disks[0].Location), there, later);

        await RunAsync(spec, removal: true);
        Assert.Empty(await Dc2.FindStampedDisksAsync(MigrationId.Stamp(spec.Vm), Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_goes_back_where_it_lives_and_a_commit_takes_the_points_out_of_its_disks_while_it_runs()
    {
        const string Name = "points-place";
        var vm = await BootedAsync(Name);
        var spec = Spec(Name) with { Mode = MigrationMode.Warm, Goal = MigrationGoal.Replicated };
        var there = await TicksAsync(Dc1, vm.Id, 2);
        await RunAsync(spec);
        var image = await ImageAsync(spec);
        await TwoHosts.RunAsync("qemu-img", ["snapshot", "-c", Foreign, image]);
        var later = await TicksAsync(Dc1, vm.Id, 2);
        var point = Assert.Single(await PointsAsync(spec));
        spec = spec with { Goal = MigrationGoal.CutOver };
        await RunAsync(spec);
        await TicksAsync(Dc2, vm.Id, 2);

        var back = await RunAsync(spec with { RollbackTo = point });
        Assert.Equal(["stop VM at target", "keep recovery point", "restore recovery point", "start VM at target"], back.Plan!.Steps.Select(step => step.Name));
        Assert.All(back.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        var console = await ConsoleAsync(Dc2, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", console, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);
        Assert.Equal(2, (await PointsAsync(spec)).Length);
        Assert.Equal(PlanKind.Nothing, (await PassAsync(spec with { RollbackTo = point }, Both)).Plan!.Kind);

        await RunAsync(spec with { Goal = MigrationGoal.Committed, RollbackTo = point });
        Assert.Equal(PowerState.Running, (await Dc2.InspectAsync(vm.Id, Cancel))!.Power);
        Assert.Empty((await Lab.VirshAsync(TwoHosts.Dc2, "snapshot-list", Name, "--name")).Trim());
        await TicksAsync(Dc2, vm.Id, 2);
        await Dc2.EnsureOffAsync(vm.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await AssertSoundAsync(image, 0);
        await AssertHoldsAsync(image, there, later);
    }

    private async Task<Preflight> RunAsync(MigrationSpec spec, bool removal = false)
    {
        var before = await PassAsync(spec, Both, removal);
        var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);
        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        return before;
    }

    private async Task<ImmutableArray<string>> PointsAsync(MigrationSpec spec)
    {
        var points = await Dc2.FindPointsAsync(MigrationId.Stamp(spec.Vm), Cancel);
        Assert.All(points, point => Assert.True(point.IsWhole));
        return [.. points.Select(point => point.Id)];
    }

    private async Task<string> ImageAsync(MigrationSpec spec) => Assert.Single(await Dc2.FindStampedDisksAsync(MigrationId.Stamp(spec.Vm), Cancel)).Location;

    /// <summary>QEMU finds nothing wrong with the image, and so many points of ours beside the other's.</summary>
    private static async Task AssertSoundAsync(string image, int ours)
    {
        Assert.Contains("No errors were found", await TwoHosts.RunAsync("qemu-img", ["check", image]), StringComparison.Ordinal);
        var listed = await TwoHosts.RunAsync("qemu-img", ["snapshot", "-l", image]);
        Assert.Contains(Foreign, listed, StringComparison.Ordinal);
        Assert.Equal(ours, listed.Split("vmmigrate-").Length - 1);
    }

    /// <summary>What the guest wrote before the point is there, what it wrote after is not.</summary>
    private static async Task AssertHoldsAsync(string image, int there, int notThere)
    {
        var lines = await LogAsync(image);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"boot=1 tick={there}"), lines);
        Assert.DoesNotContain(string.Create(CultureInfo.InvariantCulture, $"boot=1 tick={notThere}"), lines);
    }
}
