using System.Diagnostics;
using System.Text.Json;
using VmMigrate.Platforms.VSphere;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>A real govmomi simulator of a vCenter (lab/vcsim), in a process of its own. Built once per test run by Debian's Go, in some 20 s.</summary>
internal sealed class Vcsim : IAsyncDisposable
{
    internal const string User = "root";
    internal const string Password = "secret of the lab";

    private static readonly Lazy<string?> Program = new(Build);

    private readonly Process _process;

    private Vcsim(Process process, JsonElement line)
    {
        _process = process;
        Url = new Uri(line.GetProperty("url").GetString()!);
        Thumbprint = line.GetProperty("thumbprint").GetString()!.ToUpperInvariant();
        Certificate = line.GetProperty("certificate").GetString()!;
        Datastores = line.GetProperty("datastores").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()!);
    }

    internal Uri Url { get; }

    internal string Thumbprint { get; }

    /// <summary>The server's certificate in PEM.</summary>
    internal string Certificate { get; }

    /// <summary>The folder behind each datastore.</summary>
    internal Dictionary<string, string> Datastores { get; }

    internal string Datastore => Datastores.Keys.Single();

    internal static async Task<Vcsim> StartAsync(params string[] arguments)
    {
        if (Program.Value is not { } program)
        {
            throw new InvalidOperationException("vcsim cannot be built: golang-go and golang-github-vmware-govmomi-dev are missing (eng/setup.sh)");
        }

        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("vcsim ended at once");
        return new Vcsim(process, JsonDocument.Parse(line).RootElement);
    }

    internal VSphereAddress Address => new() { Sdk = Url, User = User, Password = Password, Thumbprint = Thumbprint, EnableChangeTracking = true };

    internal VSphereSite Open(string name) => new(name, Address, TimeProvider.System);

    /// <summary>Orders a fault for the next calls of a method, or of the datastores' files (<c>folder</c>): lab/vcsim/faults.go lists the kinds.</summary>
    internal Task OrderAsync(string method, string kind, int times = 1, int after = 0) => AskAsync($"fault?method={method}&kind={Uri.EscapeDataString(kind)}&times={times}&after={after}");

    /// <summary>How often a method has been called so far.</summary>
    internal async Task<int> CallsAsync(string method) => int.Parse(await AskAsync($"calls?method={method}"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The tracking of a VM's changes begins anew, as after a host's crash.</summary>
    internal Task ResetTrackingAsync(VmMigrate.Platforms.VSphere.Vim.MoRef vm) => AskAsync($"reset?vm={vm.Value}");

    /// <summary>The account lacks these privileges from now on.</summary>
    internal Task DenyAsync(string privileges) => AskAsync($"deny?privileges={privileges}");

    /// <summary>Answers about properties say something else from now on: what a regular expression finds is replaced. Empty: they say what is so.</summary>
    internal Task AlterAsync(string find, string put) => AskAsync($"alter?find={Uri.EscapeDataString(find)}&put={Uri.EscapeDataString(put)}");

    /// <summary>What became of leases so far; and so many of the next streams end in their middle, so many of the next imports lose their lease, and hosts put imported disks where they like.</summary>
    /// <summary>So many of the next streams stop in their middle, until their client goes away.</summary>
    internal Task<string> HoldStreamsAsync(int hold) => AskAsync($"leases?hold={hold}");

    internal Task<string> LeasesAsync(int cut = 0, int lose = 0, bool elsewhere = false) => AskAsync($"leases?cut={cut}&lose={lose}&elsewhere={(elsewhere ? "yes" : "")}");

    /// <summary>How relocations go from now on: how long each takes, whether it only says that it was done, and what vCenter's checker has against it.</summary>
    internal Task OrderRelocationsAsync(TimeSpan takes = default, bool idle = false, string verdict = "") =>
        AskAsync($"relocate?takes={takes.TotalMilliseconds}ms&idle={(idle ? "yes" : "")}&verdict={Uri.EscapeDataString(verdict)}");

    /// <summary>Sets a property of an object, past all rules.</summary>
    internal Task SetAsync(VmMigrate.Platforms.VSphere.Vim.MoRef one, string path, string text) =>
        AskAsync($"set?type={one.Type}&value={one.Value}&path={path}&text={Uri.EscapeDataString(text)}");

    private async Task<string> AskAsync(string what)
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256) == Thumbprint };
        using var client = new HttpClient(handler);
        return await client.GetStringAsync(new Uri(Url, $"/lab/{what}"));
    }

    /// <summary>The file behind a path such as <c>[LocalDS_0] web/web.vmdk</c>.</summary>
    internal string FileOf(string location)
    {
        var path = DatastorePath.Parse(location)!;
        return Path.Combine(Datastores[path.Datastore], path.Path);
    }

    /// <summary>The file with the content of the disk at a path such as <c>[LocalDS_0] web/web.vmdk</c>.</summary>
    internal string FlatOf(string location) => FileOf(location).Replace(".vmdk", "-flat.vmdk", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        // It ends with its input, and tidies up.
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string? Build()
    {
        var root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Provider.sln")))
        {
            root = Path.GetDirectoryName(root);
        }

        using var build = Process.Start(new ProcessStartInfo("make", ["--no-print-directory", "-s", "-C", root!, "vcsim"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var words = build.StandardError.ReadToEndAsync();
        build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0 ? Path.Combine(root!, "bin", "vcsim") : throw new InvalidOperationException($"make vcsim: {words.Result}");
    }
}
