using System.Diagnostics;
using System.Globalization;

namespace VmMigrate.Benchmarks;

/// <summary>Blocks to an endpoint of EBS direct on loopback, against the same blocks as plain PUTs of an HTTP client to the same endpoint, as many in flight.</summary>
/// <remarks>
/// Processor time bounds all of them on two cores, and the SHA-256 that EBS demands of each block costs more than sending it over loopback. So the row <c>ebs-put</c> compares with PUTs that EBS would
/// take (unsigned, with the checksum); <c>ebs-put-bare</c> with PUTs without any checksum, which no EBS takes, where 0.9 is out of reach while both share two cores.
/// </remarks>
internal static partial class Table
{
    private const int EbsBlocks = 8192;
    private const int EbsInFlight = 64;

    private static async Task<bool> EbsAsync(int rounds)
    {
        var server = Path.GetFullPath("bin/.test-ec2/VmMigrate.TestEc2");
        if (!File.Exists(server))
        {
            await Console.Error.WriteLineAsync("bin/.test-ec2 is not there: run eng/bench.sh");
            return false;
        }

        using var sink = Process.Start(new ProcessStartInfo(server, ["sink"]) { RedirectStandardOutput = true })!;
        try
        {
            var endpoint = (await sink.StandardOutput.ReadLineAsync())!;
            Task<Measured> Run(string how) =>
                Measured.RunAsync(Us, how, endpoint, EbsBlocks.ToString(CultureInfo.InvariantCulture), EbsInFlight.ToString(CultureInfo.InvariantCulture));
            await Run("put-plain");
            var (ours, theirs) = await PairsAsync(rounds, () => Run("put-ebs"), () => Run("put-checked"));
            var bare = new List<Measured>();
            for (var i = 0; i < rounds; i++)
            {
                bare.Add(await Run("put-plain"));
            }

            var ok = Print("ebs-put", "s", Median(ours, m => Figure(m, 0)), Median(theirs, m => Figure(m, 0)), 0.9, biggerIsBetter: true);
            ok &= Print("ebs-put-bare", "s", Median(ours, m => Figure(m, 0)), Median(bare, m => Figure(m, 0)), 0.5, biggerIsBetter: true);
            ok &= Print("ebs-put-processor", "s", Median(ours, m => Figure(m, 2)), Median(theirs, m => Figure(m, 2)), 1.5, biggerIsBetter: false);
            return ok & PrintAlone("ebs-put-memory", "MiB", Median(ours, m => Figure(m, 1)) / 1024, 128);
        }
        finally
        {
            sink.Kill();
        }
    }
}
