using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>onDrift: Return makes a moved VM again what it was: at once where its platform can, with a restart only where that is declared, and whenever it is found off.</summary>
public sealed class PutBackTests
{
    private const int Limit = 60_000;

    private static readonly MigrationSpec Bound = Rehearsal.Spec() with { Target = Rehearsal.Spec().Target with { Name = "web-moved", Host = "dc2-host1" } };

    private readonly Rehearsal _world = new();

    private ByHand Hand => _world.World.ByHand;

    /// <summary>Every writing call of a restart for drift, and the moments of the change itself.</summary>
    public static TheoryData<string, FaultMoment> Deaths() => new()
    {
        { "EnsureOff", FaultMoment.After },
        { "EnsureFenced", FaultMoment.After },
        { "EnsureShaped", FaultMoment.Before },
        { "EnsureShaped", FaultMoment.Inside },
        { "EnsureShaped", FaultMoment.After },
        { "EnsureUnfenced", FaultMoment.After },
        { "EnsureRunning", FaultMoment.After },
    };

    [Fact(Timeout = Limit)]
    public async Task Its_name_its_host_and_its_pool_come_back_while_it_runs()
    {
        var left = await MovedAsync(Bound);
        var starts = Starts();
        Hand.Rename("dc2", "web-moved", "web-renamed");
        Hand.MoveToHost("dc2", "web-renamed", "host-2");
        Hand.MoveToPool("dc2", "web-renamed", "vda", "bulk");
        var (before, outcome) = await RunAsync(Bound, left);
        Assert.Equal([DriftKind.Name, DriftKind.Host, DriftKind.Pool], Drift.Find(before.Run!).Select(item => item.Kind));
        Assert.Equal(["put back"], outcome!.Done.Select(step => step.Name));
        Assert.Contains("named \"web-moved\" instead of \"web-renamed\"", before.Plan!.Steps[0].Describe(before.Run!), StringComparison.Ordinal);
        var vm = (await _world.ObserveAsync(Bound)).Place!.Value.Vm;
        Assert.Equal(("web-moved", "dc2-host1", PowerState.Running), (vm.Name, vm.Host.Value, vm.Power));
        Assert.All(vm.Disks, disk => Assert.Equal("fast", disk.Pool.Value));
        Assert.Equal(starts, Starts());
        Assert.Empty((await RunAsync(Bound, left)).Outcome!.Done);
    }

    [Fact(Timeout = Limit)]
    public async Task What_needs_a_restart_is_told_with_what_would_allow_it_and_is_put_back_when_the_VM_is_found_off()
    {
        var spec = Rehearsal.Spec();
        var left = await MovedAsync(spec);
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: 7, memoryBytes: 3L << 30);
        var (before, outcome) = await RunAsync(spec, left);
        Assert.Empty(outcome!.Done);
        Assert.All(Drift.Find(before.Run!), item => Assert.False(item.Returns));
        Assert.Equal(2, before.Findings.Count(finding => finding.Id == "drift" && finding.Message.Contains("shutdown.forDrift", StringComparison.Ordinal)));

        Hand.PowerOff("dc2", Rehearsal.VmName);
        Assert.Equal(["put back", "start VM at target"], (await RunAsync(spec, left)).Outcome!.Done.Select(step => step.Name));
        await AssertAsItWasAsync(left);
    }

    [Fact(Timeout = Limit)]
    public async Task With_a_restart_declared_it_is_shut_down_put_back_and_started_as_the_preview_says()
    {
        var spec = Rehearsal.Spec() with { RestartForDrift = true };
        var left = await MovedAsync(spec);
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: 7);
        var (before, outcome) = await RunAsync(spec, left);
        Assert.Equal(["stop VM at target", "put back", "start VM at target"], outcome!.Done.Select(step => step.Name));
        Assert.Equal(before.Plan!.Steps.Select(step => step.Name), outcome.Done.Select(step => step.Name));
        Assert.True(before.Estimate!.Downtime > TimeSpan.Zero);
        await AssertAsItWasAsync(left);
    }

    [Fact(Timeout = Limit)]
    public async Task A_restart_waits_for_the_declared_window_and_copies_nothing_meanwhile()
    {
        var spec = Rehearsal.Spec() with { RestartForDrift = true, Mode = MigrationMode.Warm };
        var left = await MovedAsync(spec);
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: 7);
        var now = TimeOnly.FromDateTime(_world.Time.GetUtcNow().UtcDateTime);
        var window = CutoverWindow.Parse($"{now.AddMinutes(20):HH:mm}-{now.AddMinutes(50):HH:mm} UTC");
        var (_, outcome) = await RunAsync(spec with { Cutover = spec.Cutover with { Window = window } }, left);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Equal(["wait for window", "stop VM at target", "put back", "start VM at target"], outcome!.Done.Select(step => step.Name));
        Assert.InRange(outcome.Done[0].Took, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(25));
        Assert.All(outcome.Done, step => Assert.Equal(0, step.Bytes));
        await AssertAsItWasAsync(left);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Deaths))]
    public async Task A_run_that_dies_amid_the_restart_is_followed_by_one_that_ends_it(string call, FaultMoment moment)
    {
        var spec = Rehearsal.Spec() with { RestartForDrift = true };
        var left = await MovedAsync(spec);
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: 7, memoryBytes: 3L << 30);
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _world.DriveAsync(
            spec, remembered: Memory(left), faults: ("dc2", new Fault { Kind = FaultKind.Crash, Call = call, Moment = moment })));
        _world.Time.Advance(TimeSpan.FromMinutes(3));
        var (_, outcome) = await RunAsync(spec, left);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        await AssertAsItWasAsync(left);
        Assert.Null((await _world.DriveAsync(spec, removal: true, remembered: Memory(left))).Outcome!.Failed);
        await _world.AssertRunsAtAsync("dc1");
        await _world.AssertNoTracesAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Where_the_change_is_refused_the_VM_runs_again_as_it_is()
    {
        var spec = Rehearsal.Spec() with { RestartForDrift = true };
        var left = await MovedAsync(spec);
        Hand.Reshape("dc2", Rehearsal.VmName, cpus: 7);
        var (_, outcome) = await _world.DriveAsync(spec, remembered: Memory(left), faults: ("dc2", new Fault { Kind = FaultKind.Refuse, Call = "EnsureShaped", Times = 0 }));
        Assert.Equal("put back", outcome!.Failed?.Name);
        await _world.AssertRunsAtAsync("dc2");
        Assert.Equal(7, (await _world.ObserveAsync(spec)).Place!.Value.Vm.Cpus.Value);
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Return)]
    [InlineData(DriftResponse.Adopt)]
    public async Task A_network_card_comes_back_and_to_its_network_and_one_that_is_new_is_left(DriftResponse response)
    {
        const string New = "52:54:00:AA:BB:CC";
        var spec = Rehearsal.Spec() with { OnDrift = response };
        var left = await MovedAsync(spec);
        var mac = Assert.Single(left.Nics).Key;
        var model = (await _world.ObserveAsync(spec)).Place!.Value.Vm.Nics.Single().Model;

        // On another network, with a card beside it that serves somebody; then gone.
        foreach (var network in new[] { "backend", null })
        {
            Hand.SetNic("dc2", Rehearsal.VmName, mac, network);
            Hand.SetNic("dc2", Rehearsal.VmName, New, "backend");
            var (before, outcome) = await RunAsync(spec, left);
            Assert.Equal([true, false], Drift.Find(before.Run!).Select(item => item.Returns));
            Assert.True(outcome is { Failed: null }, outcome?.Why);
            var now = (await _world.ObserveAsync(spec)).Place!.Value.Vm.Nics.ToDictionary(nic => nic.Mac, nic => nic.Network.Value);
            Assert.Equal("backend", now[New]);
            if (response == DriftResponse.Adopt)
            {
                Assert.Empty(outcome!.Done);
                Assert.Equal(network, now.GetValueOrDefault(mac));
                continue;
            }

            Assert.Equal(["put back"], outcome!.Done.Select(step => step.Name));
            Assert.Contains($"network card {mac} {(network is null ? "attached again, to" : "on")} \"default\"", before.Plan!.Steps[0].Describe(before.Run!), StringComparison.Ordinal);
            Assert.Contains(before.Findings, finding => finding.Id == "drift" && finding.Message.Contains("No run takes a network card away", StringComparison.Ordinal));
            Assert.Equal("default", now[mac]);
            Assert.Equal(model, (await _world.ObserveAsync(spec)).Place!.Value.Vm.Nics.Single(nic => nic.Mac == mac).Model);
        }

        await _world.AssertRunsAtAsync("dc2");
    }

    [Theory(Timeout = Limit)]
    [InlineData(DriftResponse.Adopt)]
    [InlineData(DriftResponse.Ignore)]
    public async Task Nothing_is_put_back_where_that_is_not_declared(DriftResponse response)
    {
        var spec = Bound with { RestartForDrift = true, OnDrift = response };
        var left = await MovedAsync(spec);
        Hand.Rename("dc2", "web-moved", "web-renamed");
        Hand.Reshape("dc2", "web-renamed", cpus: 7);
        Assert.Empty((await RunAsync(spec, left)).Outcome!.Done);
        Assert.Equal("web-renamed", (await _world.ObserveAsync(spec)).Place!.Value.Vm.Name);
    }

    private static Remembered Memory(RecordedVm left) => new(MigrationPhase.CutOver, left.Site, null) { Recorded = left };

    private int Starts() => _world.World.Watches().Values.Single().Starts;

    private async Task AssertAsItWasAsync(RecordedVm left)
    {
        await _world.AssertRunsAtAsync("dc2");
        var vm = (await _world.ObserveAsync(Rehearsal.Spec())).Place!.Value.Vm;
        Assert.Equal((left.Cpus, left.MemoryBytes), (vm.Cpus.Value, vm.MemoryBytes.Value));
    }

    private async Task<RecordedVm> MovedAsync(MigrationSpec spec)
    {
        var (_, outcome) = await _world.DriveAsync(spec);
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        var place = (await _world.ObserveAsync(spec)).Place!.Value;
        return RecordedVm.Of(place.Site.Name, place.Site.Name, true, place.Vm);
    }

    private Task<(Preflight Before, RunOutcome? Outcome)> RunAsync(MigrationSpec spec, RecordedVm left) => _world.DriveAsync(spec, remembered: Memory(left));
}
