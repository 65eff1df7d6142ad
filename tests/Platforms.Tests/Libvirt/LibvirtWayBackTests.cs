using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>The way back on two real hosts: a guest writes at the target and syncs each write, then comes home with every one of them, and little more than what it wrote is sent.</summary>
[Collection(TwoHostsTests.Name)]
public sealed partial class LibvirtWayBackTests(TwoHosts lab) : OnTwoHosts(lab)
{
    private const int Limit = 300_000;

    [Fact(Timeout = Limit)]
    public Task What_a_guest_wrote_at_the_target_comes_home_as_a_delta() => ThereAndBackAsync("back-short", TimeSpan.FromSeconds(5));

    /// <summary>By `make torture`.</summary>
    [Fact(Timeout = Limit, Explicit = true)]
    public Task What_a_guest_wrote_at_the_target_for_60_seconds_comes_home_as_a_delta() => ThereAndBackAsync("back-60", TimeSpan.FromSeconds(60));

    [Fact(Timeout = Limit)]
    public async Task After_the_hypervisor_of_the_guest_was_killed_at_the_target_whole_disks_are_compared_and_nothing_is_lost()
    {
        var vm = await MovedAsync("back-lost");
        var acknowledged = await TicksAsync(Dc2, vm.Id, 3);
        await KillAsync(vm.Name);
        while ((await Dc2.InspectAsync(vm.Id, Cancel))!.Power != PowerState.Off)
        {
            await Task.Delay(200, Cancel);
        }

        var before = await LookAsync(vm);
        Assert.Null(before.Run!.Delta!.Since);
        Assert.Contains(before.Findings, finding => finding.Id == "rollback.compares" && finding.Message.Contains("has lost its record", StringComparison.Ordinal));
        var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);
        Assert.True(outcome.Failed is null, outcome.Why);
        await AssertHomeAsync(vm, before.Run!, acknowledged);
    }

    [Fact(Timeout = Limit)]
    public async Task A_clone_of_the_replicated_disks_boots_apart_while_the_source_runs_and_leaves_the_copy_as_it_was()
    {
        const string Name = "test-boot";
        var vm = await BootedAsync(Name);
        var spec = Spec(Name) with { Goal = MigrationGoal.Tested };
        var before = await PassAsync(spec, Both);
        var (run, id) = (before.Run!, before.Run!.MigrationId);

        // All but its last step, so that the clone can be looked at.
        var outcome = await GoalSeeker.RunAsync(before.Plan! with { Steps = before.Plan.Steps[..^1] }, run, Cancel);
        Assert.True(outcome.Failed is null, outcome.Why);
        var clone = Assert.Single(await Dc2.FindStampedAsync(id, Cancel));
        Assert.Equal((StampRole.Test, PowerState.Running), (clone.Stamp!.Role, clone.Power));
        var xml = await Lab.VirshAsync(TwoHosts.Dc2, "dumpxml", clone.Name);
        Assert.Contains("<link state='down'/>", xml, StringComparison.Ordinal);
        Assert.DoesNotContain(vm.Uuid.Value, xml, StringComparison.OrdinalIgnoreCase);
        Assert.All(vm.Nics, nic => Assert.DoesNotContain(nic.Mac, xml, StringComparison.OrdinalIgnoreCase));
        Assert.NotEqual(vm.Name, clone.Name);
        Assert.Contains("LAB-BOOT 2 ", await ConsoleAsync(Dc2, clone.Id, "LAB-BOOT"), StringComparison.Ordinal);

        var then = await PreflightRunner.RunAsync(spec, null, Both, false, TimeProvider.System, RunEvents.None, Cancel);
        Assert.Equal("remove test clone", Assert.Single(then.Plan!.Steps).Name);
        outcome = await GoalSeeker.RunAsync(then.Plan, then.Run!, Cancel);
        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Empty(await Dc2.FindStampedAsync(id, Cancel));
        Assert.Single(await Dc2.FindStampedDisksAsync(id, Cancel));
        Assert.DoesNotContain(Directory.GetFiles(Lab.Images(TwoHosts.Dc2)), path => path.EndsWith(".test", StringComparison.Ordinal));
        Assert.DoesNotContain("LAB-BOOT 2 ", await ConsoleAsync(Dc1, vm.Id, "LAB-READY"), StringComparison.Ordinal);
        Assert.Equal(PlanKind.Nothing, (await PreflightRunner.RunAsync(spec, null, Both, false, TimeProvider.System, RunEvents.None, Cancel)).Plan!.Kind);

        var removal = await LookAsync(vm);
        Assert.True((await GoalSeeker.RunAsync(removal.Plan!, removal.Run!, Cancel)).Failed is null);
        Assert.Empty(await Dc2.FindStampedDisksAsync(id, Cancel));
    }

    private async Task ThereAndBackAsync(string name, TimeSpan writing)
    {
        var vm = await MovedAsync(name);
        var since = Stopwatch.GetTimestamp();
        await TicksAsync(Dc2, vm.Id, 2);
        while (Stopwatch.GetElapsedTime(since) < writing)
        {
            await Task.Delay(200, Cancel);
        }

        var acknowledged = await TicksAsync(Dc2, vm.Id, 2);
        var before = await LookAsync(vm);
        var delta = before.Run!.Delta!;
        Assert.InRange(delta.Bytes!.Value, 1, 64 << 20);

        var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome.Done.Select(step => step.Name));
        Assert.Contains(outcome.Done, step => step.Name == "bring changes back while it runs");
        Assert.All(before.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));

        // What it wrote while the rounds were read and while it shut down comes on top.
        Assert.InRange(before.Run.Transferred, 1, (2 * delta.Bytes.Value) + (8 << 20));
        TestContext.Current.SendDiagnosticMessage($"{name}: {delta.Bytes} bytes by the bitmap, {before.Run.Transferred} sent, down {before.Run.Downtime}, {acknowledged} acknowledged writes");
        Torture.Report.Line("way back", ("writing", writing.TotalSeconds), ("bitmap", delta.Bytes.Value), ("sent", before.Run.Transferred), ("downtime", before.Run.Downtime?.TotalSeconds ?? 0), ("acknowledged", acknowledged));
        await AssertHomeAsync(vm, before.Run, acknowledged);
    }

    /// <summary>It runs at home, nothing of ours is left at the target, and the guest's own log on its disk has every write that it had acknowledged there.</summary>
    private async Task AssertHomeAsync(Vm vm, Run run, int acknowledged)
    {
        var home = await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 3 ", home, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", home, StringComparison.Ordinal);
        Assert.Empty(await Dc2.FindStampedDisksAsync(run.MigrationId, Cancel));
        await Dc1.EnsureOffAsync(vm.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        var lines = await LogAsync(Path.Combine(Lab.Images(TwoHosts.Dc1), vm.Disks[0].Location));
        Assert.All(Enumerable.Range(1, acknowledged), tick => Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"boot=2 tick={tick}"), lines));
    }

    private async Task<Vm> MovedAsync(string name)
    {
        await BootedAsync(name);
        var before = await PassAsync(Spec(name), Both);
        var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);
        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Contains("is tracked", outcome.Done.Single(step => step.Name == "start VM").Detail, StringComparison.Ordinal);
        return before.Run!.Vm;
    }

    private Task<Preflight> LookAsync(Vm vm) =>
        PreflightRunner.RunAsync(Spec(vm.Name), null, Both, removal: true, TimeProvider.System, RunEvents.None, Cancel);

    /// <summary>kill -9 of the one QEMU that plays this guest, as when its host loses power.</summary>
    private static async Task KillAsync(string guest)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                var words = (await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"), Cancel)).Split('\0');
                if (words[0].Contains("qemu-system", StringComparison.Ordinal) && words.Contains($"guest={guest},debug-threads=on"))
                {
                    using var process = Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                    process.Kill();
                    return;
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        throw new InvalidOperationException($"no QEMU plays {guest}");
    }
}
