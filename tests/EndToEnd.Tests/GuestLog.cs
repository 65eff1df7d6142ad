using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What the lab's guest says of its own files: it appends a line to a log each second and syncs it, and knows the digest of a payload.</summary>
/// <param name="Boot">Counts the boots of its disk.</param>
/// <param name="Tick">Counts the seconds since that boot.</param>
internal readonly record struct GuestLine(int Boot, int Tick);

internal static partial class GuestLog
{
    /// <summary>The lines that are in the log, read by the guest itself past its cache.</summary>
    internal static async Task<HashSet<GuestLine>> ReadAsync(TwoHosts lab, string host) =>
        [.. LogForm().Matches(await ExecuteAsync(lab, host, "echo 3 >/proc/sys/vm/drop_caches; cat /data/ticks.log"))
            .Select(line => new GuestLine(Number(line.Groups[1]), Number(line.Groups[2])))];

    /// <summary>
    /// The lines that the guest has acknowledged at this host, from what its console has shown: a tick is printed, then written and synced, so a tick is safe once the one after it was printed.
    /// </summary>
    internal static async Task<HashSet<GuestLine>> AcknowledgedAsync(TwoHosts lab, string host)
    {
        var found = PathForm().Match(await lab.VirshAsync(host, "dumpxml", Lab.Vm));
        var console = found.Groups[1].Success ? found.Groups[1].Value : found.Groups[2].Value;
        var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(console));
        var matches = ConsoleForm().Matches(text);
        // One that came live has booted elsewhere, and only it itself knows how often; one that has booted here may be off by now.
        var boot = matches is [{ } first, ..] && first.Groups[1].Success ? 0 : (await ReadAsync(lab, host)).Select(line => line.Boot).DefaultIfEmpty().Max();
        var lines = new HashSet<GuestLine>();
        foreach (Match match in matches)
        {
            if (match.Groups[1].Success)
            {
                boot = Number(match.Groups[1]);
            }
            else if (Number(match.Groups[2]) is > 1 and var tick && boot > 0)
            {
                lines.Add(new GuestLine(boot, tick - 1));
            }
        }

        return lines;
    }

    /// <summary>The guest's payload has the digest that it was made with, and its log has no holes.</summary>
    internal static async Task AssertWholeAsync(TwoHosts lab, string host)
    {
        Assert.Equal("whole", (await ExecuteAsync(lab, host, "echo 3 >/proc/sys/vm/drop_caches; cd /data && sha256sum -c -s payload.sha256 && echo whole")).Trim());
        foreach (var boot in (await ReadAsync(lab, host)).GroupBy(line => line.Boot))
        {
            Assert.Equal(boot.Count(), boot.Max(line => line.Tick));
        }
    }

    private static async Task<string> ExecuteAsync(TwoHosts lab, string host, string command)
    {
        await Lab.UntilUpAsync(lab, host);
        var started = await AgentAsync(lab, host, new JsonObject
        {
            ["execute"] = "guest-exec",
            ["arguments"] = new JsonObject { ["path"] = "/bin/sh", ["arg"] = new JsonArray("-c", command), ["capture-output"] = true },
        });
        while (true)
        {
            var ended = await AgentAsync(lab, host, new JsonObject
            {
                ["execute"] = "guest-exec-status",
                ["arguments"] = new JsonObject { ["pid"] = (int)started["pid"]! },
            });
            if ((bool)ended["exited"]!)
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String((string?)ended["out-data"] ?? ""));
            }

            await Task.Delay(100);
        }
    }

    private static async Task<JsonNode> AgentAsync(TwoHosts lab, string host, JsonObject call) =>
        JsonNode.Parse(await lab.VirshAsync(host, "qemu-agent-command", Lab.Vm, call.ToJsonString()))!["return"]!;

    private static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"boot=(\d+) tick=(\d+)")]
    private static partial Regex LogForm();

    [GeneratedRegex(@"LAB-BOOT (\d+) |LAB-TICK (\d+) ")]
    private static partial Regex ConsoleForm();

    [GeneratedRegex("path='([^']*console[^']*)'|file='([^']*console[^']*)'")]
    private static partial Regex PathForm();
}
