using System.Diagnostics;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>
/// The repository's own lab (lab/two-hosts.sh) in a folder of these tests, started with the first test that needs it and stopped after the last.
/// Processes may run it at the same time, each in a folder of its own (<see cref="LabSlot"/>); the built guest is shared and kept between runs.
/// </summary>
public sealed class TwoHosts : IAsyncLifetime
{
    /// <summary>Of the lab's two hosts.</summary>
    public const string Dc1 = "dc1";
    public const string Dc2 = "dc2";
    public const string Pool = "images";

    /// <summary>The folder of the built guest.</summary>
    internal static string Guest => $"/var/tmp/vmmigrate-tests-guest-{System.Environment.UserName}";

    private static readonly Dictionary<string, string> Environment = new()
    {
        ["LAB_DIR"] = $"/var/tmp/vmmigrate-tests-{LabSlot.Name}",
        ["LAB_GUEST"] = Guest,
        ["LAB_PORT"] = $"{LabSlot.Port}",
    };

    public static string Folder => Environment["LAB_DIR"];

    /// <summary>The URI of a host's daemon, for virsh and for a site.</summary>
    public string Uri(string host) => _settings[$"LAB_URI_{host.ToUpperInvariant()}"];

    public string Images(string host) => _settings[$"LAB_IMAGES_{host.ToUpperInvariant()}"];

    public string GuestDisk => _settings["LAB_GUEST_DISK"];

    private readonly Dictionary<string, string> _settings = [];

    public async ValueTask InitializeAsync()
    {
        // What a run that was killed has left.
        await RunAsync("bash", ["-c", $"if mountpoint -q '{Folder}/dc2/images'; then umount -l '{Folder}/dc2/images'; fi"]);
        await LabAsync("wipe");
        await LabAsync("guest");
        await LabAsync("up");
        await ReadSettingsAsync(Folder, _settings);
    }

    /// <summary>What a lab says of itself.</summary>
    internal static async Task ReadSettingsAsync(string folder, Dictionary<string, string> settings)
    {
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(folder, "env.sh")))
        {
            var (name, value) = line["export ".Length..].Split('=', 2) is [var left, var right] ? (left, right) : throw new FormatException(line);
            settings[name] = value.Trim('\'');
        }
    }

    public async ValueTask DisposeAsync() => await LabAsync("wipe");

    /// <summary>The same daemon behind an ssh of these tests.</summary>
    internal string UriThrough(LoopbackSsh ssh, string host) =>
        $"qemu+ssh://{LoopbackSsh.Account}@127.0.0.1:{ssh.Port}/session?socket={Uri(host).Split("socket=")[1]}&keyfile={ssh.KeyFile}&no_verify=1";

    /// <summary>Kills a host's libvirtd; its guests go on. `up` starts it again.</summary>
    internal Task KillDaemonAsync(string host) => RunAsync("bash", ["-c", $"kill -9 $(cat '{RunFolder(host)}/libvirtd.pid')"]);

    /// <summary>Kills the process in which a guest runs, once there is one.</summary>
    internal Task KillGuestAsync(string host, string name)
    {
        var file = $"{RunFolder(host)}/run/libvirt/qemu/run/{name}.pid";
        return RunAsync("bash", ["-c", $"for i in $(seq 200); do [ -s '{file}' ] && break; sleep 0.05; done; kill -9 $(cat '{file}')"]);
    }

    private string RunFolder(string host) => Uri(host).Split("socket=")[1].Replace("/run/libvirt/libvirt-sock", "", StringComparison.Ordinal);

    internal LibvirtSite Open(string host, bool directFiles = true) => new(host, Uri(host), TimeProvider.System) { DirectFiles = directFiles };

    /// <summary>A new guest that is off, in place of any of that name.</summary>
    public static Task FreshGuestAsync(string name, params string[] options) => LabAsync(["fresh-guest", name, .. options]);

    public static Task ForgetAsync(string name) => LabAsync("forget", name);

    public static Task<string> LabAsync(params string[] arguments) => RunAsync("bash", [Repository.At("lab/two-hosts.sh"), .. arguments]);

    /// <summary>What a guest of the lab has printed at any site, once these words are among it.</summary>
    internal static async Task<string> ConsoleAsync(Site site, string vmId, string until, CancellationToken cancellation)
    {
        while (true)
        {
            if (await site.ReadConsoleAsync(vmId, cancellation) is { } text && text.Contains(until, StringComparison.Ordinal))
            {
                return text;
            }

            await Task.Delay(200, cancellation);
        }
    }

    /// <summary>The bytes of the built guest's disk, for a platform that takes no qcow2.</summary>
    internal async Task<byte[]> GuestContentAsync(CancellationToken cancellation)
    {
        var raw = Path.Combine(Folder, $"{Guid.NewGuid():N}.raw");
        await RunAsync("qemu-img", ["convert", "-O", "raw", GuestDisk, raw]);
        try
        {
            return await File.ReadAllBytesAsync(raw, cancellation);
        }
        finally
        {
            File.Delete(raw);
        }
    }

    /// <summary>virsh, an independent view of what libvirt has.</summary>
    public Task<string> VirshAsync(string host, params string[] arguments) => RunAsync("virsh", ["-q", "-c", Uri(host), .. arguments]);

    /// <summary>The complaint of a virsh call that has to fail.</summary>
    public async Task<string> VirshFailsAsync(string host, params string[] arguments) =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => VirshAsync(host, arguments))).Message;

    /// <returns>Its output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message is what it said.</exception>
    public static Task<string> RunAsync(string program, IEnumerable<string> arguments) => RunAsync(program, arguments, Environment);

    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program}: {await errors}{await output}");
    }
}
