using System.Globalization;
using System.Net;

namespace VmMigrate.Benchmarks;

/// <content>A far disk over a thin, long link.</content>
internal static partial class Table
{
    /// <summary>
    /// 1 GiB of content that packs to about a quarter, over 100 Mbit/s and 40 ms, in a network namespace of its own, by ssh. The peer is one stream of <c>zstd</c> over the same ssh, which
    /// the link bounds; so are we. The second run finds nothing changed: what crosses is the far side's digests. Where the kernel has no netem, the delay is added by a port that passes bytes on later.
    /// </summary>
    private static async Task<bool> RelayAsync(Lab lab, int rounds)
    {
        var image = await CompressibleAsync(lab.File("far.raw"), GiB);
        var name = $"vmm-bench-{Environment.ProcessId}";
        var script = Path.Combine(FindRepository(), "eng/wan-link.sh");
        var folder = Directory.CreateDirectory(lab.File("wan")).FullName;
        var (address, device, shaped) = (await Measured.RunAsync("bash", script, "up", name, folder)).Output.Split(' ', StringSplitOptions.TrimEntries) is [var a, var d, var s] ? (a, d, s) : throw new InvalidOperationException("No link.");
        try
        {
            using var distance = new DelayedPort(new IPEndPoint(IPAddress.Parse(address), 22), TimeSpan.FromMilliseconds(20));
            var (host, port) = shaped == "netem" ? (address, 22) : ("127.0.0.1", distance.Port);
            await Console.Error.WriteLineAsync($"link: 100 Mbit/s and 40 ms by {(shaped == "netem" ? "netem" : "tbf, and a port that passes bytes on 20 ms later each way")}");
            var key = Path.Combine(folder, "key");
            var target = lab.File("near.raw");
            var again = new List<double>();
            var first = new List<double>();
            var (ours, theirs) = await PairsAsync(
                rounds,
                async () =>
                {
                    File.Delete(target);
                    var before = Crossed(device);
                    var run = await Measured.RunAsync(Us, "copy-relay", host, $"{port}", key, image, target);
                    first.Add(Crossed(device) - before);
                    before = Crossed(device);
                    await Measured.RunAsync(Us, "copy-relay", host, $"{port}", key, image, target);
                    again.Add(Crossed(device) - before);
                    await Measured.RunAsync("cmp", image, target);
                    return run;
                },
                () => Measured.RunAsync(
                    "bash", "-c",
                    $"set -o pipefail; ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i '{key}' -p {port} root@{host} 'zstd -3 -c {image}' | zstd -d -f -q -o '{lab.File("peer.raw")}'"));
            var ok = Print("relay-wan", "s", ours, theirs, m => m.Seconds, 0.9, biggerIsBetter: true);
            ok &= Print("relay-wan-again-bytes", "B", Median(again, b => b), Median(first, b => b), 0.03, biggerIsBetter: false);
            return ok;
        }
        finally
        {
            await Measured.RunAsync("bash", script, "down", name);
        }
    }

    private static double Crossed(string device) =>
        double.Parse(File.ReadAllText($"/sys/class/net/{device}/statistics/rx_bytes"), CultureInfo.InvariantCulture)
        + double.Parse(File.ReadAllText($"/sys/class/net/{device}/statistics/tx_bytes"), CultureInfo.InvariantCulture);

    /// <summary>Records of made-up words and numbers, as logs and tables have.</summary>
    private static async Task<string> CompressibleAsync(string path, long length)
    {
        var random = new Random(20260102);
        var words = Enumerable.Range(0, 4096).Select(_ => new string([.. Enumerable.Range(0, random.Next(3, 11)).Select(_ => (char)('a' + random.Next(26)))])).ToArray();
        await using var file = new StreamWriter(path, append: false, System.Text.Encoding.ASCII, 1 << 20);
        for (long written = 0; written < length;)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{written:x12} {random.Next()} {words[random.Next(64)]} {words[random.Next(4096)]} {words[random.Next(512)]} {words[random.Next(64)]} status={random.Next(8)} size={random.Next(100_000)}\n");
            if (line.Length > length - written)
                line = new string(' ', (int)(length - written));
            await file.WriteAsync(line);
            written += line.Length;
        }

        return path;
    }

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Provider.sln")))
                return folder;
        }

        throw new InvalidOperationException("The repository is not around this program.");
    }
}
