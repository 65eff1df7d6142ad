using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Mode Live between vSphere places: the VM itself moves, inside one vCenter and to another, and goes back the same way.</summary>
public sealed class VcsimRelocationTests : IAsyncLifetime
{
    private const int Limit = 90_000;
    private const string Name = "live-01";
    private const string OtherHost = "DC0_C0_H1";

    private Vcsim _vcsim = null!;
    private VSphereSite _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VcsimWorld ByHand => new(_vcsim, _site);

    public async ValueTask InitializeAsync()
    {
        _vcsim = await Vcsim.StartAsync("-guests", "-hosts", "2", "-datastores", "2", "-pools", "1");
        _site = _vcsim.Open("vc1");
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _vcsim.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_running_VM_moves_to_another_host_and_datastore_of_its_vCenter_and_back()
    {
        var vm = await RunningAsync();
        var before = await _site.DescribeWhereAsync(vm.Id, Cancel);
        var spec = Near() with { Target = new TargetSpec("vc1", OtherHost, "LocalDS_1", ImmutableDictionary<string, string>.Empty, null) };
        await _vcsim.OrderRelocationsAsync(TimeSpan.FromMilliseconds(400));
        var events = new Heard();

        Done(await UpAsync(spec, events, _site));

        var moved = await OneAsync(_site);
        Assert.Equal((vm.Id, PowerState.Running, OtherHost, "LocalDS_1"), (moved.Id, moved.Power, moved.Host.Value, moved.Disks[0].Pool.Value));
        Assert.True(File.Exists(_vcsim.FileOf(moved.Disks[0].Location)));
        Assert.NotNull(moved.Stamp![StampNotes.Accepted]);
        Assert.Contains(events.Said, line => line.EndsWith(" %", StringComparison.Ordinal) && line != "the platform moves live-01: 0 %");
        Assert.Equal(PlanKind.Nothing, (await LookAsync(spec, _site)).Plan!.Kind);

        // Another datastore is declared: it moves on, and the way back still leads to where it was first.
        Done(await UpAsync(spec with { Target = spec.Target with { Host = "DC0_C0_H0" } }, null, _site));
        Assert.Equal("DC0_C0_H0", (await OneAsync(_site)).Host.Value);

        Done(await UpAsync(spec with { Goal = MigrationGoal.Validated }, null, _site));
        var home = await OneAsync(_site);
        Assert.Equal((PowerState.Running, before), (home.Power, await _site.DescribeWhereAsync(vm.Id, Cancel)));
        Assert.Null(home.Stamp);
        Assert.Equal(3, await _vcsim.CallsAsync("RelocateVM_Task"));
        Assert.Equal(0, await _vcsim.CallsAsync("PowerOffVM_Task"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_site_with_another_resource_pool_is_another_place_of_the_same_vCenter_and_commit_ends_it()
    {
        var vm = await RunningAsync();
        await using var gold = new VSphereSite("gold", _vcsim.Address with { ResourcePool = "/DC0/host/DC0_C0/Resources/DC0_C0_RP1" }, TimeProvider.System);
        var spec = Near() with { Goal = MigrationGoal.Committed, Target = new TargetSpec("gold", null, null, ImmutableDictionary<string, string>.Empty, null) };

        Done(await UpAsync(spec, null, _site, gold));

        var moved = await OneAsync(_site);
        Assert.Equal((vm.Id, PowerState.Running), (moved.Id, moved.Power));
        Assert.Null(moved.Stamp);
        Assert.Contains("resgroup-", await _site.DescribeWhereAsync(vm.Id, Cancel), StringComparison.Ordinal);
        Assert.NotEqual(await PoolOfAsync("Resources"), (await ByHand.VmAsync(Name, Cancel)).RefOf("resourcePool"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_move_that_is_cancelled_is_called_off_and_the_VM_runs_on_where_it_was()
    {
        var vm = await RunningAsync();
        var before = await _site.DescribeWhereAsync(vm.Id, Cancel);
        await _vcsim.OrderRelocationsAsync(TimeSpan.FromSeconds(60));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var events = new Heard { OnSay = line => { if (line.Contains(" 5 %", StringComparison.Ordinal)) { cancel.Cancel(); } } };

        var outcome = await VcsimMoves.UpAsync(Near(), events, cancel.Token, _site);

        Assert.True(outcome.Cancelled && !outcome.UndoFailed, outcome.Why);
        Assert.Equal(1, await _vcsim.CallsAsync("CancelTask"));
        var after = await OneAsync(_site);
        Assert.Equal((PowerState.Running, before), (after.Power, await _site.DescribeWhereAsync(vm.Id, Cancel)));
        Assert.Null(after.Stamp);
    }

    [Fact(Timeout = Limit)]
    public async Task A_task_that_says_done_with_the_VM_elsewhere_is_no_success()
    {
        await RunningAsync();
        await _vcsim.OrderRelocationsAsync(idle: true);

        var outcome = await UpAsync(Near(), null, _site);

        Assert.Contains("its task says that it is done, and the VM is elsewhere: host DC0_C0_H0", outcome.Why, StringComparison.Ordinal);
        Assert.Null((await OneAsync(_site)).Stamp);
        await _vcsim.OrderAsync("RelocateVM_Task", "task:NoPermission");
        await _vcsim.OrderRelocationsAsync();
        Assert.Contains("NoPermission", (await UpAsync(Near(), null, _site)).Why, StringComparison.Ordinal);
        Done(await UpAsync(Near(), null, _site));
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_that_the_cluster_chooses_afterwards_is_drift_only_where_a_host_was_declared()
    {
        var vm = await RunningAsync();
        var spec = Near() with { Target = new TargetSpec("vc1", null, "LocalDS_1", ImmutableDictionary<string, string>.Empty, null) };
        Done(await UpAsync(spec, null, _site));
        var host = (await OneAsync(_site)).Host.Value;
        var other = host == OtherHost ? "DC0_C0_H0" : OtherHost;

        await BalanceAsync(other);

        Assert.Equal(other, (await OneAsync(_site)).Host.Value);
        var seen = await LookAsync(spec, _site);
        Assert.Equal(PlanKind.Nothing, seen.Plan!.Kind);
        Assert.Empty(Drift.Find(seen.Run!));

        spec = spec with { Target = spec.Target with { Host = host } };
        Done(await UpAsync(spec, null, _site));
        Assert.Equal(host, (await OneAsync(_site)).Host.Value);
        await BalanceAsync(other);
        Assert.Contains(Drift.Find((await LookAsync(spec, _site)).Run!), item => item.Kind == DriftKind.Host);
        Assert.Equal(vm.Id, (await OneAsync(_site)).Id);
    }

    /// <summary>What DRS does.</summary>
    private async Task BalanceAsync(string host) => await _site.Client.RunTaskAsync(
        "by the cluster", (await ByHand.VmAsync(Name, Cancel)).Ref, "RelocateVM_Task", Cancel,
        VimXml.El("spec", VimXml.Ref("host", (await Inventory.ReadAsync(_site.Client, Cancel)).Hosts.First(one => one.Text("name") == host).Ref)));

    [Fact(Timeout = Limit)]
    public async Task A_move_that_a_killed_run_has_begun_is_waited_for_and_not_begun_again()
    {
        var vm = await RunningAsync();
        await _vcsim.OrderRelocationsAsync(TimeSpan.FromSeconds(2));
        var spec = Near();
        var id = Engine.Driving.MigrationId.Stamp(spec.Vm);
        await _site.EnsureStampAsync(vm.Id, new Stamp(id, StampRole.Source).With(StampNotes.Origin, await _site.DescribeWhereAsync(vm.Id, Cancel)), Cancel);
        var inventory = await Inventory.ReadAsync(_site.Client, Cancel);
        await _site.Client.ChangeAsync(
            "by a run that is killed", (await ByHand.VmAsync(Name, Cancel)).Ref, "RelocateVM_Task", Cancel,
            VimXml.El("spec", VimXml.Ref("host", inventory.Hosts.First(host => host.Text("name") == OtherHost).Ref)));

        Assert.Equal(MigrationGoal.CutOver, spec.Goal);
        Done(await UpAsync(spec, null, _site));

        Assert.Equal(OtherHost, (await OneAsync(_site)).Host.Value);
        Assert.Equal(1, await _vcsim.CallsAsync("RelocateVM_Task"));
    }

    [Fact(Timeout = Limit)]
    public async Task What_stands_against_a_move_is_told_at_preview()
    {
        var vm = await RunningAsync();
        var hosts = (await Inventory.ReadAsync(_site.Client, Cancel)).Hosts;
        var (here, there) = (hosts.First(host => host.Text("name") == "DC0_C0_H0").Ref, hosts.First(host => host.Text("name") == OtherHost).Ref);
        async Task<string> TellAsync(MigrationSpec? spec = null) => string.Join('\n', (await LookAsync(spec ?? Near(), _site)).Findings.Where(finding => finding.Id.StartsWith("request.", StringComparison.Ordinal)).Select(finding => finding.Message));

        Assert.Equal("", await TellAsync());
        Assert.Contains("nothing of its place would change", await TellAsync(Near() with { Target = new TargetSpec("vc1", "DC0_C0_H0", null, ImmutableDictionary<string, string>.Empty, null) }), StringComparison.Ordinal);
        Assert.Contains("leaves no replica", await TellAsync(Near() with { Goal = MigrationGoal.Replicated }), StringComparison.Ordinal);
        Assert.Contains("keeps its name", await TellAsync(Near() with { Target = Near().Target with { Name = "renamed" } }), StringComparison.Ordinal);

        await _vcsim.SetAsync((await ByHand.VmAsync(Name, Cancel)).Ref, "runtime.minRequiredEVCModeKey", "intel-skylake");
        await _vcsim.SetAsync(there, "summary.maxEVCModeKey", "amd-zen");
        await _vcsim.SetAsync(there, "summary.currentEVCModeKey", "");
        await _vcsim.SetAsync(here, "summary.config.vmotionEnabled", "false");
        await _vcsim.OrderRelocationsAsync(verdict: "The CPU of the host lacks AVX-512.");
        await _vcsim.DenyAsync("Resource.HotMigrate");

        var told = await TellAsync();
        Assert.Contains("another maker's processor", told, StringComparison.Ordinal);
        Assert.Contains("vMotion is not enabled on host DC0_C0_H0", told, StringComparison.Ordinal);
        Assert.Contains("vCenter's checker says: The CPU of the host lacks AVX-512. (CpuIncompatible)", told, StringComparison.Ordinal);
        await using var asks = _vcsim.Open("vc1");
        Assert.Contains((await LookAsync(Near(), asks)).Findings, finding => finding.Id == "access.source.auth" && finding.Message.Contains("Resource.HotMigrate", StringComparison.Ordinal));
        Assert.Equal(0, await _vcsim.CallsAsync("RelocateVM_Task"));
        Assert.Null((await OneAsync(_site)).Stamp);
    }

    [Fact(Timeout = Limit)]
    public async Task A_running_VM_moves_to_another_vCenter_that_its_own_logs_in_to_and_comes_back()
    {
        await using var other = await Vcsim.StartAsync("-guests");
        await using var away = other.Open("vc2");
        var vm = await RunningAsync();
        var content = await File.ReadAllBytesAsync(_vcsim.FlatOf(vm.Disks[0].Location), Cancel);
        var before = await _site.DescribeWhereAsync(vm.Id, Cancel);
        var spec = Near() with { Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty.Add("DC0_DVPG0", "VM Network"), null) };

        Done(await UpAsync(spec, null, _site, away));

        var moved = await OneAsync(away);
        Assert.Equal((vm.Id, vm.Uuid, PowerState.Running, "VM Network"), (moved.Id, moved.Uuid, moved.Power, moved.Nics[0].Network.Value));
        Assert.Empty(await _site.FindByNameAsync(Name, Cancel));
        Assert.Equal(content[..65536], (await File.ReadAllBytesAsync(other.FlatOf(moved.Disks[0].Location), Cancel))[..65536]);
        Assert.Equal(PlanKind.Nothing, (await LookAsync(spec, _site, away)).Plan!.Kind);

        // Somebody makes a VM of the same name at home meanwhile: it is not ours, and not in the way.
        await ByHand.CreateVmAsync(Name + "-new", VcsimWorld.Content(1 << 20, 2), Cancel);

        var back = await UpAsync(spec with { Goal = MigrationGoal.Validated }, null, _site, away);
        Done(back);
        Assert.Empty(await away.FindByNameAsync(Name, Cancel));
        var home = await OneAsync(_site);
        Assert.Equal((vm.Id, PowerState.Running, before), (home.Id, home.Power, await _site.DescribeWhereAsync(home.Id, Cancel)));
        Assert.Null(home.Stamp);

        // With a session token only, the other vCenter cannot be entered by this one.
        await using var token = new VSphereSite("vc2", other.Address with { User = null, Password = null, SessionToken = (await away.Client.CookieAsync(Cancel)).Split('"')[1] }, TimeProvider.System);
        Assert.Contains((await LookAsync(spec, _site, token)).Findings, finding => finding.Message.Contains("there is a session token only", StringComparison.Ordinal));
    }

    // --- Parts ---

    private async Task<Vm> RunningAsync()
    {
        await ByHand.CreateRunningVmAsync(Name, VcsimWorld.Content(4 << 20, 7), Cancel);
        return await OneAsync(_site);
    }

    private async Task<MoRef?> PoolOfAsync(string name) =>
        (await _site.Client.ReadAllAsync("looking", new Dictionary<string, string[]> { ["ResourcePool"] = ["name"] }, Cancel)).First(pool => pool.Text("name") == name).Ref;

    private static async Task<Vm> OneAsync(VSphereSite site) => Assert.Single(await site.FindByNameAsync(Name, Cancel));

    private static MigrationSpec Near() => new()
    {
        Vm = new VmReference("vc1", Name, null),
        Mode = MigrationMode.Live,
        Goal = MigrationGoal.CutOver,
        Target = new TargetSpec("vc1", OtherHost, null, ImmutableDictionary<string, string>.Empty, null),
    };

    private static void Done(RunOutcome outcome) => Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why} {string.Join("; ", outcome.TakenBack)}");

    private static Task<Preflight> LookAsync(MigrationSpec spec, params Site[] sites) =>
        PreflightRunner.RunAsync(spec, null, new Book(sites), false, TimeProvider.System, RunEvents.None, Cancel);

    private static Task<RunOutcome> UpAsync(MigrationSpec spec, RunEvents? events, params Site[] sites) => VcsimMoves.UpAsync(spec, events, Cancel, sites);

    private sealed class Heard : RunEvents
    {
        public List<string> Said { get; } = [];

        public Action<string> OnSay { get; init; } = _ => { };

        public override void Status(string step, string text)
        {
            Said.Add(text);
            OnSay(text);
        }

        public override void Say(Engine.Checks.Severity severity, string text)
        {
        }
    }
}
