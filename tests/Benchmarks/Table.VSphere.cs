using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Benchmarks;

/// <summary>An estate of 1,000 VMs behind a simulated vCenter (<c>make vcsim</c>), through the provider's own process. There is no peer.</summary>
internal static partial class Table
{
    private const int EstateVms = 1000;

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
        using var plugin = Start(binary);
        try
        {
            var port = int.Parse((await plugin.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            await CallAsync(client, "Handshake", []);
            var server = line.RootElement.GetProperty("url").GetString();
            var thumbprint = line.RootElement.GetProperty("thumbprint").GetString();
            var config = Struct.Parser.ParseJson(
                "{\"sites\":{\"vc\":{\"vsphere\":{\"server\":\"" + server + "\",\"user\":\"root\",\"password\":\"secret of the lab\",\"thumbprint\":\"" + thumbprint + "\"}}}}");
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
                output.WriteBytes(Struct.Parser.ParseJson("{\"site\":\"vc\"}").ToByteString());
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
            var peak = (await File.ReadAllLinesAsync($"/proc/{plugin.Id}/status")).Single(one => one.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            ok &= await PreviewEstateAsync(simulator, server!, thumbprint!);
            return ok & PrintAlone("vsphere-list-1000-memory", "MB", double.Parse(peak, CultureInfo.InvariantCulture) / 1000, 400);
        }
        finally
        {
            plugin.Kill();
            vcsim.StandardInput.Close();
        }
    }

    /// <summary>A preview of every VM, from the command line, to a second simulated vCenter.</summary>
    private static async Task<bool> PreviewEstateAsync(string simulator, string server, string thumbprint)
    {
        using var away = Process.Start(new ProcessStartInfo(simulator) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var line = JsonDocument.Parse((await away.StandardOutput.ReadLineAsync())!);
        var config = Path.GetTempFileName();
        await File.WriteAllTextAsync(config, $$"""
            sites:
              vc1: { vsphere: { server: "{{server}}", user: root, password: "secret of the lab", thumbprint: "{{thumbprint}}" } }
              vc2: { vsphere: { server: "{{line.RootElement.GetProperty("url").GetString()}}", user: root, password: "secret of the lab", thumbprint: "{{line.RootElement.GetProperty("thumbprint").GetString()}}" } }
            """);
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
            away.StandardInput.Close();
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
