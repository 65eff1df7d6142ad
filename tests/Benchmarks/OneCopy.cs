using System.Diagnostics;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Benchmarks;

/// <summary>One copy from one address to another, or the reading of one. Prints digest, bytes read, bytes written, peak memory in KiB, and seconds from before it connects until the last write is acknowledged.</summary>
internal static class OneCopy
{
    internal static async Task<int> RunAsync(string[] args)
    {
        var options = new CopyOptions { Digest = DigestAlgorithm.None, Flush = false };
        NbdEndpoint? from = null, to = null;
        string? bitmap = null;
        long? killAt = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--from": from = NbdEndpoint.Parse(args[++i]); break;
                case "--to": to = NbdEndpoint.Parse(args[++i]); break;
                case "--digest": options = options with { Digest = Enum.Parse<DigestAlgorithm>(args[++i]) }; break;
                case "--read-back": options = options with { ReadBack = true }; break;
                case "--target-is-zero": options = options with { TargetIsZero = true }; break;
                case "--connections": options = options with { Connections = Number(args[++i]) }; break;
                case "--request": options = options with { RequestBytes = Number(args[++i]) }; break;
                case "--ahead": options = options with { AheadBytes = Number(args[++i]) }; break;
                case "--resume": options = options with { Resume = new ResumeOptions(new FileResumeStore(args[++i]), "bench"), ReportEvery = TimeSpan.FromMilliseconds(5) }; break;
                case "--kill-at": killAt = long.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--bitmap": bitmap = args[++i]; break;
                default: throw new ArgumentException($"{args[i]} is not an option of copy.");
            }
        }

        var started = Stopwatch.GetTimestamp();
        await using var reader = await NbdReader.ConnectAsync(from!, new NbdOptions { DirtyBitmap = bitmap }, CancellationToken.None);
        if (to is null)
        {
            var digest = await BlockCopier.DigestAsync(reader, null, options, null, CancellationToken.None);
            Console.WriteLine($"{digest.Digest} {digest.ReadBytes} 0 {PeakKiB()} {Seconds()}");
            return 0;
        }

        await using var writer = await NbdWriter.ConnectAsync(to, new NbdOptions(), CancellationToken.None);
        if (bitmap is not null)
            options = options with { Ranges = await reader.ChangedExtentsAsync(CancellationToken.None) };
        var result = await BlockCopier.CopyAsync(reader, writer, options, killAt is { } at ? new Killer(at) : null, CancellationToken.None);
        Console.WriteLine($"{result.SourceDigest ?? "-"} {result.ReadBytes} {result.WrittenBytes} {PeakKiB()} {Seconds()}");
        return 0;

        string Seconds() => Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static long PeakKiB() => Measured.PeakKiB(Environment.ProcessId);

    /// <summary>Ends this process as kill -9 does, once so much of the disk is done.</summary>
    private sealed class Killer(long at) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            if (value.DoneBytes >= at)
                Process.GetCurrentProcess().Kill();
        }
    }
}
