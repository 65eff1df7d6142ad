using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Tests;

namespace VmMigrate.Benchmarks;

/// <summary>Moves between the two libvirt hosts of the lab: live against <c>virsh migrate</c> with the same flags, warm against the guest's own boot time.</summary>
internal static partial class Table
{
    private const string Guest = "bench-move";

    private static readonly Dictionary<string, string> MoveLab = new()
    {
        ["LAB_DIR"] = "/var/tmp/vmmigrate-bench-lab",
        ["LAB_GUEST"] = $"/var/tmp/vmmigrate-tests-guest-{Environment.UserName}",
        ["LAB_PORT"] = "59200",
    };

    private static async Task<bool> MovesAsync(string[] rows, int rounds)
    {
        foreach (var step in (string[])["wipe", "guest", "up"])
            await ScriptAsync(step);
        var hosts = (await File.ReadAllLinesAsync(Path.Combine(MoveLab["LAB_DIR"], "env.sh")))
            .Select(line => line["export ".Length..].Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim('\''));
        await using var dc1 = Open("dc1", hosts["LAB_URI_DC1"]);
        await using var dc2 = Open("dc2", hosts["LAB_URI_DC2"]);
        // The first call to a new host probes its QEMU for seconds.
        await dc1.DescribeAsync(default);
        await dc2.DescribeAsync(default);
        try
        {
            var ok = true;
            if (rows.Contains("live-downtime"))
            {
                ok &= await LiveAsync("idle", quiet: true, dc1, dc2, hosts, rounds);
                ok &= await LiveAsync("writing", quiet: false, dc1, dc2, hosts, rounds);
            }

            if (rows.Contains("warm-downtime"))
                ok &= await WarmAsync(dc1, dc2, hosts, rounds);
            return ok;
        }
        finally
        {
            await ScriptAsync("wipe");
        }
    }

    /// <summary>Pause as libvirt measured it, and the whole time of the platform's move: our call against virsh's, on fresh guests, by turns.</summary>
    private static async Task<bool> LiveAsync(string kind, bool quiet, Site dc1, Site dc2, Dictionary<string, string> hosts, int rounds)
    {
        var (ours, theirs) = (new List<(double Down, double Total)>(), new List<(double Down, double Total)>());
        for (var round = 0; round < rounds * 2; round++)
        {
            var vm = await FreshGuestAsync(dc1, hosts, quiet);
            var id = MigrationId.Stamp(new VmReference("dc1", Guest, null));
            var disk = await dc2.EnsureDiskAsync(new DiskRequest(id, Guest, "images", "vda", vm.Disks[0].LengthBytes.Value, "qcow2"), default);
            var target = new VmRequest(
                new Stamp(id, StampRole.Target).With(StampNotes.Live, "now"), vm, "libvirt", Guest, null, [disk], ImmutableDictionary<string, string>.Empty);
            if (round % 2 == 0)
            {
                var since = Stopwatch.GetTimestamp();
                var moved = await dc1.MoveLiveAsync(new LiveRequest(vm.Id, id, target, TimeSpan.FromMilliseconds(300), false, null), dc2, null, default);
                ours.Add((moved.Downtime.TotalMilliseconds, Stopwatch.GetElapsedTime(since).TotalSeconds));
            }
            else
            {
                theirs.Add(await VirshMoveAsync(disk.Location, hosts));
            }
        }

        var ok = Print($"live-downtime-{kind}", "ms", Median(ours, one => one.Down), Median(theirs, one => one.Down), 1.05, biggerIsBetter: false);
        return ok & Print($"live-total-{kind}", "s", Median(ours, one => one.Total), Median(theirs, one => one.Total), 1.05, biggerIsBetter: false);
    }

    private static async Task<(double Down, double Total)> VirshMoveAsync(string disk, Dictionary<string, string> hosts)
    {
        var definition = (await VirshAsync(hosts["LAB_URI_DC1"], "dumpxml", "--migratable", "--security-info", Guest))
            .Replace($"{hosts["LAB_IMAGES_DC1"]}/{Guest}.qcow2", disk, StringComparison.Ordinal);
        definition = ConsoleForm().Replace(definition, $"<source path='{hosts["LAB_IMAGES_DC2"]}/{Guest}.console'");
        var file = Path.Combine(Path.GetTempPath(), $"vmm-bench-{Environment.ProcessId}.xml");
        await File.WriteAllTextAsync(file, definition);
        var sockets = Path.Combine(MoveLab["LAB_DIR"], $"{Guid.NewGuid():N}"[..8]);
        var since = Stopwatch.GetTimestamp();
        await VirshAsync(
            hosts["LAB_URI_DC1"], "migrate", "--live", "--persistent", "--copy-storage-all", "--abort-on-error", "--xml", file, "--persistent-xml", file,
            "--migrateuri", $"unix://{sockets}.memory", "--disks-uri", $"unix://{sockets}.disks", Guest, hosts["LAB_URI_DC2"]);
        var total = Stopwatch.GetElapsedTime(since).TotalSeconds;
        File.Delete(file);
        var told = await VirshAsync(hosts["LAB_URI_DC2"], "domjobinfo", "--completed", Guest);
        return (double.Parse(DowntimeForm().Match(told).Groups[1].Value, CultureInfo.InvariantCulture), total);
    }

    /// <summary>From the last tick on the source's console to the first on the target's, as the clock on the wall has it; the peer is a start of the same guest from the call to its first tick.</summary>
    /// <remarks>
    /// Both ways to stop by turns, on fresh guests. <c>warm-downtime</c> is the row with <c>cutover.stop: FreezeAndSwitchOff</c>; <c>warm-downtime-shutdown</c> is the default, with the guest's own
    /// shutdown of one to two seconds in it, and is shown without failing the table. The peer is measured at both ends of each move, so that what else the machine does counts on both sides.
    /// </remarks>
    private static async Task<bool> WarmAsync(Site dc1, Site dc2, Dictionary<string, string> hosts, int rounds)
    {
        var downs = new Dictionary<CutoverStop, List<double>> { [CutoverStop.FreezeAndSwitchOff] = [], [CutoverStop.Shutdown] = [] };
        var boots = new Dictionary<CutoverStop, List<double>> { [CutoverStop.FreezeAndSwitchOff] = [], [CutoverStop.Shutdown] = [] };
        for (var round = 0; round < rounds * 2; round++)
        {
            var stop = round % 2 == 0 ? CutoverStop.FreezeAndSwitchOff : CutoverStop.Shutdown;
            var vm = await FreshGuestAsync(dc1, hosts, quiet: false);
            var before = await BootAsync(dc1, vm.Id);
            var down = await WarmMoveAsync(dc1, dc2, vm.Id, stop);
            downs[stop].Add(down);
            boots[stop].Add((before + await BootAsync(dc2, vm.Id)) / 2);
        }

        var ok = true;
        foreach (var (stop, row) in new[] { (CutoverStop.FreezeAndSwitchOff, "warm-downtime"), (CutoverStop.Shutdown, "warm-downtime-shutdown") })
        {
            var (down, boot) = (Median(downs[stop], one => one), Median(boots[stop], one => one));
            ok &= Print(row, "s", down, boot, 1 + (1 / boot), biggerIsBetter: false) || stop == CutoverStop.Shutdown;
        }

        return ok;
    }

    /// <summary>The guest is shut down and started: from the call to its first tick.</summary>
    private static async Task<double> BootAsync(Site site, string vmId)
    {
        await site.EnsureOffAsync(vmId, TimeSpan.FromMinutes(1), force: false, default);
        var since = Stopwatch.GetTimestamp();
        await site.EnsureRunningAsync(vmId, default);
        await TickAsync(site, vmId);
        var took = Stopwatch.GetElapsedTime(since).TotalSeconds;
        while (!await site.PingAgentAsync(vmId, default))
            await Task.Delay(100);
        return took;
    }

    private static async Task<double> WarmMoveAsync(Site dc1, Site dc2, string vmId, CutoverStop stop)
    {
        using var over = new CancellationTokenSource();
        var watch = LastTickAsync(dc1, vmId, over.Token);
        var spec = new MigrationSpec
        {
            Vm = new VmReference("dc1", Guest, null),
            Target = new TargetSpec("dc2", null, "images", ImmutableDictionary<string, string>.Empty, null),
            Mode = MigrationMode.Warm,
            Cutover = new CutoverSpec { Stop = stop },
        };
        var before = await PreflightRunner.RunPatientlyAsync(
            spec, null, new Book(dc1, dc2), false, PreflightRunner.RunPatience, TimeProvider.System, RunEvents.None, default);
        var first = FirstTickAsync(dc2, vmId, over.Token);
        var outcome = before.IsBlocked ? throw new InvalidOperationException(string.Join(" ", before.Findings.Select(finding => finding.Message)))
            : await GoalSeeker.RunAsync(before.Plan!, before.Run!, default);
        if (outcome.Failed is not null)
            throw new InvalidOperationException($"{outcome.Failed.Name}: {outcome.Why}");
        var up = await first;
        await over.CancelAsync();
        await Console.Error.WriteLineAsync("  " + string.Join(", ", outcome.Done.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Name} {step.Took.TotalSeconds:0.00}"))));
        return Stopwatch.GetElapsedTime(await watch, up).TotalSeconds;
    }

    private static async Task<long> LastTickAsync(Site site, string vmId, CancellationToken over)
    {
        var (last, at) = (0, Stopwatch.GetTimestamp());
        while (!over.IsCancellationRequested)
        {
            try
            {
                if (await site.ReadConsoleAsync(vmId, over) is { } text && TickForm().Count(text) is var ticks && ticks > last)
                    (last, at) = (ticks, Stopwatch.GetTimestamp());
                await Task.Delay(20, over);
            }
            catch (Exception e) when (e is OperationCanceledException or PlatformException)
            {
                // It is off, or the round is over.
            }
        }

        return at;
    }

    private static async Task<long> FirstTickAsync(Site site, string vmId, CancellationToken over)
    {
        while (true)
        {
            over.ThrowIfCancellationRequested();
            try
            {
                if (await site.ReadConsoleAsync(vmId, over) is { } text && TickForm().IsMatch(text))
                    return Stopwatch.GetTimestamp();
            }
            catch (PlatformException)
            {
                // Not defined yet.
            }

            await Task.Delay(20, over);
        }
    }

    private static async Task TickAsync(Site site, string vmId)
    {
        while (await site.ReadConsoleAsync(vmId, default) is not { } text || !TickForm().IsMatch(text))
            await Task.Delay(20);
    }

    private static async Task<Engine.Facts.Vm> FreshGuestAsync(Site dc1, Dictionary<string, string> hosts, bool quiet)
    {
        await ScriptAsync("forget", Guest);
        await ScriptAsync("fresh-guest", Guest, "--wait");
        var vm = (await dc1.FindByNameAsync(Guest, default))[0];
        while (!await dc1.PingAgentAsync(vm.Id, default))
            await Task.Delay(100);
        if (quiet)
        {
            await VirshAsync(
                hosts["LAB_URI_DC1"], "qemu-agent-command", Guest,
                "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/touch\",\"arg\":[\"/data/quiet\"]}}");
        }

        return (await dc1.FindByNameAsync(Guest, default))[0];
    }

    private static Site Open(string name, string uri) => new LibvirtPlatform().Open(name, Value.Map(("uri", Value.Text(uri))), TimeProvider.System);

    private static async Task<string> VirshAsync(string uri, params string[] arguments) => (await Measured.RunAsync("virsh", ["-q", "-c", uri, .. arguments])).Output;

    private static async Task ScriptAsync(params string[] arguments)
    {
        foreach (var (name, value) in MoveLab)
            Environment.SetEnvironmentVariable(name, value);
        await Measured.RunAsync("bash", ["lab/two-hosts.sh", .. arguments]);
    }

    [GeneratedRegex(@"LAB-TICK \d+")]
    private static partial Regex TickForm();

    [GeneratedRegex(@"[Dd]owntime:\s+([0-9.]+)\s+ms")]
    private static partial Regex DowntimeForm();

    [GeneratedRegex(@"<source path='[^']*console[^']*'")]
    private static partial Regex ConsoleForm();
}
