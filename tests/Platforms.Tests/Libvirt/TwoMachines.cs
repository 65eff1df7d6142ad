using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>
/// The repository's lab as two machines (LAB_APART): a system daemon each, started by root in a network of its own, and a cable between the two that can be made slow and be cut. Where
/// that cannot be had, <see cref="WhyNot"/> says why.
/// </summary>
public sealed class TwoMachines : IAsyncLifetime
{
    public const string Address = "10.77.0.2";

    private static readonly string Folder = $"/var/tmp/vmmigrate-apart-{LabSlot.Name}";

    private static readonly Dictionary<string, string> Environment = new() { ["LAB_DIR"] = Folder, ["LAB_APART"] = "1", ["LAB_GUEST"] = TwoHosts.Guest };

    private readonly Dictionary<string, string> _settings = [];

    /// <summary>Null: they are there.</summary>
    public string? WhyNot { get; private set; }

    /// <summary>The network of a machine, as the lab names it.</summary>
    private static string Network(string host) => $"vmm-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder)))[..8]}-{host}";

    public async ValueTask InitializeAsync()
    {
        if (System.Environment.UserName != "root")
        {
            WhyNot = "two machines need root, for their networks";
            return;
        }

        try
        {
            await TwoHosts.RunAsync("unshare", ["--net", "--mount", "true"]);
        }
        catch (InvalidOperationException e)
        {
            WhyNot = $"no network namespaces here: {e.Message.Trim()}";
            return;
        }

        await LabAsync("wipe");
        await LabAsync("guest");
        await LabAsync("up");
        await TwoHosts.ReadSettingsAsync(Folder, _settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (WhyNot is null)
        {
            await LabAsync("wipe");
        }
    }

    internal LibvirtSite Open(string host) => new(host, _settings[$"LAB_URI_{host.ToUpperInvariant()}"], TimeProvider.System);

    /// <summary>Where live moves arrive over the cable, encrypted.</summary>
    internal LibvirtSite OpenArrivals(string host) => new(host, _settings[$"LAB_URI_{host.ToUpperInvariant()}"], TimeProvider.System) { Arrivals = new LiveOptions(Tls: true, Address) };

    internal static Task<string> LabAsync(params string[] arguments) => TwoHosts.RunAsync("bash", [Repository.At("lab/two-hosts.sh"), .. arguments], Environment);

    internal Task<string> VirshAsync(string host, params string[] arguments) => TwoHosts.RunAsync("virsh", ["-q", "-c", _settings[$"LAB_URI_{host.ToUpperInvariant()}"], .. arguments]);

    /// <summary>Whether a machine's daemon is there.</summary>
    internal async Task<bool> AnswersAsync(string host)
    {
        try
        {
            await VirshAsync(host, "version");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>What goes from dc1 to dc2 goes no faster.</summary>
    internal static Task SlowCableAsync(int mebibytesPerSecond) => TwoHosts.RunAsync(
        "tc",
        ["-n", Network(TwoHosts.Dc1), "qdisc", "replace", "dev", "cable", "root", "tbf", "rate", (mebibytesPerSecond * 8L << 20).ToString(CultureInfo.InvariantCulture), "burst", "256k", "latency", "50ms"]);
}
