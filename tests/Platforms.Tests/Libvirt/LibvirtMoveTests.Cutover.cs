using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

// How the guest is taken down, and what it may do meanwhile.
public sealed partial class LibvirtMoveTests
{
    [Fact(Timeout = Limit)]
    public async Task A_guest_is_frozen_and_switched_off_also_when_a_killed_run_left_it_frozen_and_finds_its_files_whole()
    {
        var vm = await RunningAsync("move-frozen");
        var spec = Spec(vm, MigrationMode.Warm) with { Cutover = new CutoverSpec { Stop = CutoverStop.FreezeAndSwitchOff } };
        var id = MigrationId.Stamp(spec.Vm);

        // As a run leaves it that was killed between the two calls.
        await Lab.VirshAsync(TwoHosts.Dc1, "metadata", vm.Name, "--live", "--uri", FreezeMark.Namespace, "--key", FreezeMark.Key, "--set", FreezeMark.Text(id));
        await Lab.VirshAsync(TwoHosts.Dc1, "domfsfreeze", vm.Name);

        var (run, outcome) = await DriveAsync(spec);

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Contains(outcome.Done, step => step.Name == "freeze and switch off");
        var proof = Assert.Single(run.Proofs);
        Assert.Equal(proof.SourceDigest, proof.TargetDigest);

        // It kept its record of changes: the last round sent what had changed, not the disk.
        Assert.InRange(outcome.Done.Single(step => step.Name == "last round").Bytes, 0, 4 << 20);
        var console = await ConsoleAsync(Dc2, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", console, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);

        // It shows a tick, then writes and syncs it: all but the last that the console showed were on its disk.
        var shown = Ticks(await File.ReadAllTextAsync(Path.Combine(TwoHosts.Folder, TwoHosts.Dc1, "log", $"{vm.Name}.console"), Cancel));
        var written = FirstBootForm().Matches(await ReadInGuestAsync(TwoHosts.Dc2, vm, "/data/ticks.log")).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(written[^1], shown - 1, shown);
        Assert.Equal(Enumerable.Range(1, written.Count), written);
    }

    // Half a MiB at a time, each on the disk before the next, as a database does: what it has queued when a checkpoint is made goes out at once, hold or no hold.
    private const string Writer = "i=0; while :; do dd if=/dev/urandom of=/data/busy bs=64k count=8 seek=$((i%28*8)) conv=notrunc,fsync 2>/dev/null; i=$((i+1)); done";

    [Fact(Timeout = Limit)]
    public async Task A_writer_faster_than_the_link_is_told_with_both_rates_held_back_as_declared_and_let_go()
    {
        var (vm, heard) = (await RunningAsync("move-writer"), new Sayings());
        await InGuestAsync(vm, Writer);
        using var limits = Slow();
        var spec = Spec(vm, MigrationMode.Warm) with { Cutover = TightCutover with { OnNoConvergence = NoConvergence.SlowGuest } };

        var (_, outcome) = await DriveAsync(spec, events: heard);

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Contains(heard.All, told => Regex.IsMatch(told, $"{vm.Name} writes .*/s, and .*/s reach dc2: .* Its writes are held back until the cutover, as declared"));
        Assert.Contains("was held back to", outcome.Done.Single(step => step.Name == "replicate").Detail, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", await ConsoleAsync(Dc2, vm.Id, "LAB-READY"), StringComparison.Ordinal);
        foreach (var (host, which) in new[] { (TwoHosts.Dc1, "--inactive"), (TwoHosts.Dc2, "") })
        {
            Assert.DoesNotContain("iotune", await Lab.VirshAsync(host, ["dumpxml", .. which.Length > 0 ? new[] { which } : [], vm.Name]), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_writer_faster_than_the_link_is_cut_over_anyway_where_that_is_declared_and_finds_its_files_whole()
    {
        var vm = await RunningAsync("move-anyway");
        await InGuestAsync(vm, Writer);
        using var limits = Slow();

        var (run, outcome) = await DriveAsync(Spec(vm, MigrationMode.Warm) with { Cutover = TightCutover with { OnNoConvergence = NoConvergence.CutOverAnyway } });

        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Contains("cut over anyway, as declared", outcome.Done.Single(step => step.Name == "replicate").Detail, StringComparison.Ordinal);
        Assert.All(run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        var console = await ConsoleAsync(Dc2, vm.Id, "LAB-READY");
        Assert.Contains("LAB-BOOT 2 ", console, StringComparison.Ordinal);
        Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);
        Assert.Equal(FenceState.Standing, await Dc1.InspectFenceAsync(vm.Id, run.MigrationId, Cancel));
    }

    /// <summary>Stopping and starting take most of it, so that few seconds are left for a last round.</summary>
    private static CutoverSpec TightCutover => new() { MaxDowntime = TimeSpan.FromSeconds(9), MaxRounds = 3, Quiesce = false };

    private CopyLimits Slow()
    {
        var limits = new CopyLimits(TimeProvider.System, TimeZoneInfo.Utc);
        (Dc1.CopyLimits, Dc2.CopyLimits) = (limits, limits);
        limits.Declare(BandwidthSchedule.Parse("8 MiB/s"), null, TimeSpan.FromMinutes(2));
        return limits;
    }

    private sealed class Sayings : RunEvents
    {
        internal List<string> All { get; } = [];

        public override void Status(string phase, string line)
        {
        }

        public override void Say(Severity severity, string message) => All.Add(message);
    }

    [Fact(Timeout = Limit)]
    public async Task A_disk_that_grows_between_two_rounds_is_told_and_copied_anew()
    {
        var vm = await RunningAsync("move-grown");
        Assert.Null((await DriveAsync(Spec(vm, MigrationMode.Warm, MigrationGoal.Replicated))).Outcome.Failed);
        await Lab.VirshAsync(TwoHosts.Dc1, "blockresize", vm.Name, "vda", "256MiB");

        var (_, outcome) = await DriveAsync(Spec(vm, MigrationMode.Warm));
        Assert.True(outcome.Failed is null, outcome.Why);
        Assert.Equal(256 << 20, (await Dc2.InspectAsync(vm.Id, Cancel))!.Disks[0].LengthBytes.Value);
        Assert.Contains("LAB-SHA ok", await ConsoleAsync(Dc2, vm.Id, "LAB-READY"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_moves_live_over_TLS_and_not_to_a_host_whose_certificate_is_another_s()
    {
        var vm = await RunningAsync("move-tls");
        await using var stranger = Arrivals(new LiveOptions(Tls: true, "localhost"));
        var refused = await GoAsync(stranger);
        Assert.Equal("move live", refused.Failed?.Name);
        Assert.Contains("localhost", refused.Why, StringComparison.Ordinal);
        Assert.Equal(PowerState.Running, (await Dc1.InspectAsync(vm.Id, Cancel))!.Power);

        await using var known = Arrivals(new LiveOptions(Tls: true, null));
        Assert.Equal("over TCP to 127.0.0.1, encrypted (TLS)", Dc1.DescribeLive(known));
        Assert.Equal("over unix sockets of this machine", Dc1.DescribeLive(Dc2));
        var moved = await GoAsync(known);
        Assert.True(moved.Failed is null, moved.Why);
        Assert.True(await Dc2.PingAgentAsync(vm.Id, Cancel));

        async Task<RunOutcome> GoAsync(LibvirtSite to)
        {
            var before = await PassAsync(Spec(vm, MigrationMode.Live), new Book(Dc1, to));
            Assert.Contains(Dc1.DescribeLive(to)!, before.Estimate!.Steps.Single(step => step.Name == "move live").Detail, StringComparison.Ordinal);
            return await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);
        }

        LibvirtSite Arrivals(LiveOptions options) => new(TwoHosts.Dc2, Lab.Uri(TwoHosts.Dc2), TimeProvider.System) { Arrivals = options };
    }

    private Task<string> InGuestAsync(Vm vm, string command) =>
        AgentAsync(TwoHosts.Dc1, vm, $$$"""{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c",{{{JsonSerializer.Serialize(command)}}}]}}""");

    private async Task<string> ReadInGuestAsync(string host, Vm vm, string path)
    {
        var opened = await AgentAsync(host, vm, $$$"""{"execute":"guest-file-open","arguments":{"path":{{{JsonSerializer.Serialize(path)}}},"mode":"r"}}""");
        var file = (int)JsonNode.Parse(opened)!["return"]!;
        var read = await AgentAsync(host, vm, $$$"""{"execute":"guest-file-read","arguments":{"handle":{{{file}}},"count":1000000}}""");
        await AgentAsync(host, vm, $$$"""{"execute":"guest-file-close","arguments":{"handle":{{{file}}}}}""");
        return Encoding.UTF8.GetString(Convert.FromBase64String((string)JsonNode.Parse(read)!["return"]!["buf-b64"]!));
    }

    private Task<string> AgentAsync(string host, Vm vm, string command) => Lab.VirshAsync(host, "qemu-agent-command", vm.Name, command);

    [GeneratedRegex(@"boot=1 tick=(\d+)")]
    private static partial Regex FirstBootForm();
}
