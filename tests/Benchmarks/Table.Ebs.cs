using System.Diagnostics;
using System.Globalization;

namespace VmMigrate.Benchmarks;

/// <summary>Blocks to an endpoint of EBS direct on loopback, against the same blocks as plain PUTs of an HTTP client to the same endpoint, as many in flight.</summary>
/// <remarks>
/// All of them go to one server in a process of its own, with as many connections, and it digests every block that it gets. The row <c>ebs-put</c> compares with PUTs of an HTTP client that EBS would take if they were
/// signed: with the checksum, without which EBS takes no block. <c>ebs-put-bare</c> tells the same beside PUTs without it, which no EBS takes, and judges nothing: the SHA-256 alone is about two thirds
/// of the processor time of a sender with it (openssl speed beside the figure of <c>ebs-put-processor</c>), so where client and server share two cores that row is a figure of the processor and not of the program.
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
            List<Measured> ours = [], theirs = [], bare = [];
            for (var i = 0; i < rounds; i++)
            {
                // One after the other, so that each meets the machine as the others do.
                ours.Add(await Run("put-ebs"));
                theirs.Add(await Run("put-checked"));
                bare.Add(await Run("put-plain"));
            }

            var ok = Print("ebs-put", "s", ours, theirs, m => Figure(m, 0), 0.9, biggerIsBetter: true);
            PrintBeside("ebs-put-bare", "s", ours, bare, m => Figure(m, 0));
            ok &= Print("ebs-put-processor", "s", ours, theirs, m => Figure(m, 2), 1.5, biggerIsBetter: false);
            return ok & PrintAlone("ebs-put-memory", "MiB", Median(ours, m => Figure(m, 1)) / 1024, 128);
        }
        finally
        {
            sink.Kill();
        }
    }

    /// <summary>A line that judges nothing: two figures beside each other, and the peer's by ours.</summary>
    private static void PrintBeside(string name, string unit, List<Measured> ours, List<Measured> theirs, Func<Measured, double> of) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"name\":\"{name}\",\"unit\":\"{unit}\",\"ours\":{Median(ours, of):0.####},\"peer\":{Median(theirs, of):0.####},\"ratio\":{Median([.. ours.Zip(theirs, (mine, other) => of(other) / of(mine))], value => value):0.####},\"must\":null,\"ok\":null}}"));
}
