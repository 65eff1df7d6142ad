using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace VmMigrate.Benchmarks;

/// <summary>The provider as Pulumi's engine starts it, two processes for every <c>up</c>. There is no peer: no other tool of this kind exists.</summary>
internal static partial class Table
{
    private const int Starts = 20;

    /// <summary>From exec to the port line, and what stays in memory once it is configured.</summary>
    private static async Task<bool> PluginAsync()
    {
        var binary = Path.GetFullPath("bin/pulumi-resource-vmmigrate");
        if (!File.Exists(binary))
        {
            await Console.Error.WriteLineAsync("bin/pulumi-resource-vmmigrate is not there: run `make build` first");
            return false;
        }

        var starts = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            var since = Stopwatch.GetTimestamp();
            using var plugin = Start(binary);
            _ = await plugin.StandardOutput.ReadLineAsync();
            starts.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            plugin.Kill();
            await plugin.WaitForExitAsync();
        }

        starts.Sort();
        var ok = PrintAlone("plugin-start", "ms", starts[starts.Count / 2], 50);

        using var configured = Start(binary);
        var port = int.Parse((await configured.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await CallAsync(client, "Handshake", []);
        var sites = Struct.Parser.ParseJson("""{"sites":{"a":{"simulator":{"vms":10}},"b":{"libvirt":{"uri":"qemu:///system"}}}}""").ToByteArray();
        using var request = new MemoryStream();
        var output = new CodedOutputStream(request, leaveOpen: true);
        // ConfigureRequest: 2 args, 3 acceptSecrets.
        output.WriteTag(2, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(sites));
        output.WriteTag(3, WireFormat.WireType.Varint);
        output.WriteBool(true);
        output.Flush();
        await CallAsync(client, "Configure", request.ToArray());
        var resident = (await File.ReadAllLinesAsync($"/proc/{configured.Id}/status")).Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        configured.Kill();
        return ok & PrintAlone("plugin-memory", "MB", double.Parse(resident, CultureInfo.InvariantCulture) / 1000, 40);
    }

    /// <param name="engine">Where the engine listens: a plugin ends when nobody has answered it there for some time. Empty: an engine attaches by itself.</param>
    private static Process Start(string binary, string engine = "127.0.0.1:9") => Process.Start(new ProcessStartInfo(binary, engine)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    })!;

    /// <returns>The reply's message, behind the five bytes of its frame.</returns>
    private static async Task<byte[]> CallAsync(HttpClient client, string method, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using var content = new ByteArrayContent(frame);
        content.Headers.ContentType = new("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pulumirpc.ResourceProvider/{method}")
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new("trailers"));
        using var response = await client.SendAsync(request);
        var reply = await response.Content.ReadAsByteArrayAsync();
        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var codes) || response.Headers.TryGetValues("grpc-status", out codes) ? codes.Single() : "?";
        if (status != "0")
        {
            throw new InvalidOperationException($"{method}: gRPC status {status}{(response.TrailingHeaders.TryGetValues("grpc-message", out var words) ? $": {string.Join(' ', words)}" : "")}");
        }

        return reply;
    }

    /// <summary>A figure that has a bound and no peer.</summary>
    private static bool PrintAlone(string name, string unit, double ours, double must)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"name\":\"{name}\",\"unit\":\"{unit}\",\"ours\":{ours:0.##},\"peer\":null,\"ratio\":null,\"must\":{must},\"ok\":{(ours <= must ? "true" : "false")}}}"));
        return ours <= must;
    }
}
