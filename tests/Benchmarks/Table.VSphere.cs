using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Benchmarks;

/// <summary>An estate of 1,000 VMs behind a simulated vCenter (<c>make vcsim</c>), through the provider's own process. There is no peer.</summary>
internal static partial class Table
{
    private const int EstateVms = 1000;

    /// <summary>How many resources an engine refreshes at a time: Pulumi takes four for each core, Terraform ten.</summary>
    private const int RefreshedAtOnce = 10;

    private static async Task<bool> VSphereAsync()
    {
        var binary = Path.GetFullPath("bin/pulumi-resource-vmmigrate");
        var simulator = Path.GetFullPath("bin/vcsim");
        if (!File.Exists(binary) || !File.Exists(simulator))
        {
            await Console.Error.WriteLineAsync("bin/pulumi-resource-vmmigrate or bin/vcsim is not there: run `make build vcsim` first");
            return false;
        }

        using var vcsim = Process.Start(new ProcessStartInfo(simulator, ["-vms", EstateVms.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var line = JsonDocument.Parse((await vcsim.StandardOutput.ReadLineAsync())!);
        using var away = Process.Start(new ProcessStartInfo(simulator) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var there = JsonDocument.Parse((await away.StandardOutput.ReadLineAsync())!);
        using var plugin = Start(binary, "");
        try
        {
            var port = int.Parse((await plugin.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            await CallAsync(client, "Handshake", []);
            var config = Struct.Parser.ParseJson($"{{\"sites\":{{\"vc1\":{SiteOf(line)},\"vc2\":{SiteOf(there)}}}}}");
            await CallAsync(client, "Configure", Message(output =>
            {
                // ConfigureRequest: 2 args, 3 acceptSecrets.
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(config.ToByteString());
                output.WriteTag(3, WireFormat.WireType.Varint);
                output.WriteBool(true);
            }));
            var list = Message(output =>
            {
                // InvokeRequest: 1 tok, 2 args.
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteString("vmmigrate:index:listVirtualMachines");
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(Struct.Parser.ParseJson("{\"site\":\"vc1\"}").ToByteString());
            });
            var times = new List<double>();
            for (var i = 0; i < 5; i++)
            {
                var since = Stopwatch.GetTimestamp();
                await CallAsync(client, "Invoke", list);
                times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }

            // The first logs in; what a refresh costs is the others' median.
            var ok = PrintAlone("vsphere-list-1000-first", "ms", times[0], 3000);
            ok &= PrintAlone("vsphere-list-1000-again", "ms", times.Skip(1).Order().ElementAt(2), 3000);
            ok &= PrintAlone("vsphere-list-1000-memory", "MB", await PeakMegabytesAsync(plugin), 400);
            ok &= await RefreshEstateAsync(client, plugin);
            return ok & await PreviewEstateAsync(line, there);
        }
        finally
        {
            plugin.Kill();
            vcsim.StandardInput.Close();
            away.StandardInput.Close();
        }
    }

    /// <summary>A refresh of a thousand declarations, each in a call of its own as engines make them: every one is looked for at both vCenters.</summary>
    private static async Task<bool> RefreshEstateAsync(HttpClient client, Process plugin)
    {
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, EstateVms), new ParallelOptions { MaxDegreeOfParallelism = RefreshedAtOnce },
            async (number, _) =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"DC0_C0_RP0_VM{number}");
                var inputs = $"\"vm\":{{\"site\":\"vc1\",\"name\":\"{name}\"}},\"target\":{{\"site\":\"vc2\"}},\"goal\":\"Validated\"";
                var reply = await CallAsync(client, "Read", Message(output =>
                {
                    // ReadRequest: 1 id, 2 urn, 3 properties, 4 inputs.
                    output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    output.WriteString($"vc1/{name}");
                    output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                    output.WriteString($"urn:pulumi:dev::estate::vmmigrate:index:Migration::{name}");
                    output.WriteTag(3, WireFormat.WireType.LengthDelimited);
                    output.WriteBytes(Struct.Parser.ParseJson($"{{{inputs},\"phase\":\"Validated\",\"placement\":{{\"site\":\"vc1\"}}}}").ToByteString());
                    output.WriteTag(4, WireFormat.WireType.LengthDelimited);
                    output.WriteBytes(Struct.Parser.ParseJson($"{{{inputs}}}").ToByteString());
                }));
                if (!Encoding.UTF8.GetString(reply).Contains("vmm-", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"a refresh told nothing of {name}");
                }
            });
        return PrintAlone("vsphere-refresh-1000", "s", Stopwatch.GetElapsedTime(since).TotalSeconds, 10)
            & PrintAlone("vsphere-refresh-1000-memory", "MB", await PeakMegabytesAsync(plugin), 400);
    }

    private static string SiteOf(JsonDocument simulator) =>
        "{\"vsphere\":{\"server\":\"" + simulator.RootElement.GetProperty("url").GetString() + "\",\"user\":\"root\",\"password\":\"secret of the lab\",\"thumbprint\":\"" + simulator.RootElement.GetProperty("thumbprint").GetString() + "\"}}";

    private static async Task<double> PeakMegabytesAsync(Process process) => double.Parse(
        (await File.ReadAllLinesAsync($"/proc/{process.Id}/status")).Single(one => one.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;

    /// <summary>A preview of every VM, from the command line, to a second simulated vCenter.</summary>
    private static async Task<bool> PreviewEstateAsync(JsonDocument home, JsonDocument away)
    {
        var config = Path.GetTempFileName();
        // JSON is YAML.
        await File.WriteAllTextAsync(config, $"sites:\n  vc1: {SiteOf(home)}\n  vc2: {SiteOf(away)}\n");
        try
        {
            var run = await Measured.RunAsync(Path.GetFullPath("bin/vmmigrate"), mayFail: true, ["preflight", "--site", "vc1", "--to", "vc2", "--config", config, "--format", "json"]);
            if (!run.Output.Contains("\"vms\": 1000", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("preflight told nothing of 1000 VMs");
            }

            return PrintAlone("vsphere-preview-1000", "s", run.Seconds, 30) & PrintAlone("vsphere-preview-1000-memory", "MB", run.PeakKib * 1024 / 1e6, 400);
        }
        finally
        {
            File.Delete(config);
        }
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var request = new MemoryStream();
        var output = new CodedOutputStream(request, leaveOpen: true);
        write(output);
        output.Flush();
        return request.ToArray();
    }
}
