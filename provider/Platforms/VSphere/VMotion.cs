using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>What a running VM needs of the host that its memory goes to: vMotion switched on, a link that carries it, and a processor with the features that the guest has seen.</summary>
/// <remarks>Source: vCenter Server and Host Management, "Host Configuration for vSphere vMotion" (250 Mbit/s for each move) and "EVC Requirements for Hosts". vCenter's checker knows more; this speaks where it does not.</remarks>
internal static class VMotion
{
    private const long LeastMegabits = 250;

    private static readonly string[] OfHost =
    [
        "name", "runtime.connectionState", "runtime.inMaintenanceMode", "summary.config.vmotionEnabled", "summary.maxEVCModeKey", "summary.currentEVCModeKey", "config.network.pnic",
    ];

    internal static async Task<List<string>> FindBlockersAsync(VimClient from, VimObject vm, VimClient to, MoRef host, CancellationToken cancellation)
    {
        var blockers = new List<string>();
        var there = await to.ReadOneAsync("looking at the target's host", host, OfHost, cancellation).ConfigureAwait(false);
        var here = vm.RefOf("runtime.host") is { } at ? await from.ReadOneAsync("looking at the VM's host", at, OfHost, cancellation).ConfigureAwait(false) : null;
        foreach (var one in new[] { here, there }.OfType<VimObject>())
        {
            if (one.Text("runtime.connectionState") is { } state and not "connected")
            {
                blockers.Add($"host {one.Text("name")} is {state}");
            }

            if (one.Flag("summary.config.vmotionEnabled") == false)
            {
                blockers.Add($"vMotion is not enabled on host {one.Text("name")}: give it a VMkernel adapter for vMotion");
            }

            if (Megabits(one) is { } speed && speed < LeastMegabits)
            {
                blockers.Add($"the fastest link of host {one.Text("name")} carries {speed} Mbit/s, and vMotion needs {LeastMegabits} for each move");
            }
        }

        if (there?.Flag("runtime.inMaintenanceMode") == true)
        {
            blockers.Add($"host {there.Text("name")} is in maintenance mode");
        }

        if (there is not null && vm.Text("runtime.minRequiredEVCModeKey") is { Length: > 0 } needed && WhyNot(needed, there, await ModesAsync(to, cancellation).ConfigureAwait(false)) is { } why)
        {
            blockers.Add(why);
        }

        return blockers;
    }

    /// <summary>The fastest physical link that is up; null where the host does not tell.</summary>
    private static long? Megabits(VimObject host) =>
        host["config.network.pnic"]?.Elements().Select(nic => nic.Number("linkSpeed/speedMb")).OfType<long>().Select(speed => (long?)speed).DefaultIfEmpty(null).Max();

    private static string? WhyNot(string needed, VimObject host, Dictionary<string, (string Vendor, long Tier)> modes)
    {
        // A cluster with EVC shows its baseline, whatever its hosts could do.
        if ((host.Text("summary.currentEVCModeKey") is { Length: > 0 } current ? current : host.Text("summary.maxEVCModeKey")) is not { Length: > 0 } offered || offered == needed)
        {
            return null;
        }

        var (wanted, has) = (Rank(needed, modes), Rank(offered, modes));
        var sentence = $"the guest has seen the processor features of {needed}, and host {host.Text("name")} offers those of {offered}";
        return wanted.Vendor != has.Vendor ? $"{sentence}: another maker's processor"
            : wanted.Tier is { } high && has.Tier is { } low && low < high ? $"{sentence}, which are fewer: switch the VM off and on in a cluster with a lower EVC mode first, or choose another host"
            : null;
    }

    private static (string Vendor, long? Tier) Rank(string key, Dictionary<string, (string Vendor, long Tier)> modes) =>
        modes.TryGetValue(key, out var mode) ? (mode.Vendor, mode.Tier) : (key.Split('-')[0], null);

    /// <summary>vCenter's own table of modes, by their keys.</summary>
    private static async Task<Dictionary<string, (string Vendor, long Tier)>> ModesAsync(VimClient client, CancellationToken cancellation)
    {
        var seen = await client.ReadOneAsync("reading the EVC modes", new MoRef("ServiceInstance", "ServiceInstance"), ["capability"], cancellation).ConfigureAwait(false);
        var modes = new Dictionary<string, (string, long)>(StringComparer.Ordinal);
        foreach (var mode in (seen?["capability"]).Children("supportedEVCMode"))
        {
            modes[mode.Text("key") ?? ""] = (mode.Text("vendor") ?? "", mode.Number("vendorTier") ?? 0);
        }

        return modes;
    }
}
