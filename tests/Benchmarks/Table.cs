using System.Globalization;
using System.Runtime.CompilerServices;

namespace VmMigrate.Benchmarks;

/// <summary>The table of the replication engine: each row is a median of alternating rounds of ours and the best peer, as one line of JSON.</summary>
/// <remarks>What bounds each row on two cores is in the row's note; profile before tuning.</remarks>
internal static partial class Table
{
    private const long GiB = 1L << 30;
    private const long MiB = 1L << 20;

    /// <summary>Flag sets of nbdcopy of which the fastest becomes the peer.</summary>
    private static readonly string[][] NbdCopyFlags =
    [
        ["--destination-is-zero", "--requests=4", "-C", "2"],
        ["--destination-is-zero", "--requests=8", "-C", "2"],
        ["--destination-is-zero", "-C", "4"],
        ["--destination-is-zero", "--request-size=524288", "--requests=4", "-C", "2"],
    ];

    private static readonly string Us = Environment.ProcessPath!;

    internal static async Task<int> RunAsync(string[] args)
    {
        var rounds = 10;
        var directory = Path.GetTempPath();
        var chosen = new List<string>();
        string[] rows = ["plugin", "preview-1000", "vsphere", "ebs-put", "full-copy-plain", "full-copy-digest", "full-copy-sha256", "full-copy-readback", "full-copy-direct", "full-copy-direct-target", "very-sparse", "delta-1pct", "resume-50pct", "relay-wan", "live-downtime", "warm-downtime"];
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--rounds": rounds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "--rows": chosen.AddRange(args[++i].Split(',')); break;
                case "--dir": directory = args[++i]; break;
                case var row when rows.Contains(row): chosen.Add(row); break;
                default:
                    await Console.Error.WriteLineAsync($"bench [row …] [--rows a,b,…] [--rounds n] [--dir where images go]; rows: {string.Join(' ', rows)}");
                    return 2;
            }
        }

        await Console.Error.WriteLineAsync($"Our side runs as {(RuntimeFeature.IsDynamicCodeSupported ? "a JIT-compiled program (build it with `dotnet publish` for the real figures)" : "native code, compiled ahead of time")}; {rounds} alternating rounds a row, medians.");
        if (chosen.Count > 0)
            rows = [.. chosen];
        using var lab = new Lab(directory);
        var ok = true;
        var direct = rows.Where(r => r.StartsWith("full-copy-direct", StringComparison.Ordinal)).ToArray();
        var full = rows.Where(r => r.StartsWith("full-copy", StringComparison.Ordinal)).Except(direct).ToArray();
        if (rows.Contains("plugin"))
            ok &= await PluginAsync();
        if (rows.Contains("preview-1000"))
            ok &= await PreviewAsync();
        if (rows.Contains("vsphere"))
            ok &= await VSphereAsync();
        if (rows.Contains("ebs-put"))
            ok &= await EbsAsync(rounds);
        if (full.Length > 0)
            ok &= await FullCopiesAsync(lab, full, rounds);
        if (direct.Length > 0)
            ok &= await DirectCopiesAsync(lab, direct, rounds);
        if (rows.Contains("very-sparse"))
            ok &= await VerySparseAsync(lab, rounds);
        if (rows.Contains("delta-1pct"))
            ok &= await DeltaAsync(lab, rounds);
        if (rows.Contains("resume-50pct"))
            ok &= await ResumeAsync(lab, rounds);
        if (rows.Contains("relay-wan"))
            ok &= await RelayAsync(lab, rounds);
        if (rows.Intersect(["live-downtime", "warm-downtime"]).Any())
            ok &= await MovesAsync(rows, rounds);
        return ok ? 0 : 1;
    }

    private static async Task<bool> FullCopiesAsync(Lab lab, string[] rows, int rounds)
    {
        var source = await lab.ServeAsync(await lab.NoiseAsync("source", 2 * GiB, GiB, 64 * MiB), "--read-only", "--shared=16");
        var peer = await BestPeerAsync(lab, source.Address);
        var ok = true;
        foreach (var row in rows)
        {
            var (flags, must) = row switch
            {
                "full-copy-plain" => (Array.Empty<string>(), 1.0),
                "full-copy-digest" => (["--digest", "XxHash128"], 0.95),
                "full-copy-sha256" => (["--digest", "Sha256"], 0.70),
                "full-copy-readback" => (["--digest", "XxHash128", "--read-back"], 0.55),
                _ => throw new ArgumentException($"There is no row \"{row}\"."),
            };
            var (ours, theirs) = await PairsAsync(
                rounds,
                () => OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync(Us, ["copy", "--from", source.Address, "--to", to, "--target-is-zero", .. flags])),
                () => OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync("nbdcopy", [.. peer, source.Address, to])));
            ok &= Print(row, "s", ours, theirs, m => m.Seconds, must, biggerIsBetter: true);
            if (row == "full-copy-plain")
                ok &= Print("full-copy-plain-memory", "KiB", Median(ours, OwnPeak), Median(theirs, m => m.PeakKib), 1.5, biggerIsBetter: false);
        }

        await source.StopAsync();
        return ok;
    }

    private static string[]? _bestPeer;

    /// <summary>The fastest flags of nbdcopy. qemu-img convert is measured too, and said so, but cannot be paired: it has always been far slower.</summary>
    private static async Task<string[]> BestPeerAsync(Lab lab, string source)
    {
        if (_bestPeer is not null)
            return _bestPeer;
        var best = (Seconds: double.MaxValue, Flags: NbdCopyFlags[0]);
        foreach (var flags in NbdCopyFlags)
        {
            var runs = new List<double>();
            for (var i = 0; i < 3; i++)
                runs.Add((await OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync("nbdcopy", [.. flags, source, to]))).Seconds);
            var seconds = Median(runs, s => s);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"peer: nbdcopy {string.Join(' ', flags)}: {seconds:0.00} s"));
            if (seconds < best.Seconds)
                best = (seconds, flags);
        }

        var convert = await OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync("qemu-img", "convert", "-n", "--target-is-zero", "-W", "-m", "16", "-f", "raw", "-O", "raw", source, to));
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"peer: qemu-img convert -W -m 16: {convert.Seconds:0.00} s"));
        return convert.Seconds < best.Seconds ? throw new InvalidOperationException("qemu-img convert was the fastest peer: pair with it instead.") : _bestPeer = best.Flags;
    }

    /// <summary>64 GiB with 64 MiB of data among them: reading and digesting it, against nbdcopy's reading of a disk of 64 MiB that holds nothing but those; and copying it, against nbdcopy's copy.</summary>
    /// <remarks>The copy is bound by the target: data in 64 places cost its qemu-nbd 64 new tables, whoever writes.</remarks>
    private static async Task<bool> VerySparseAsync(Lab lab, int rounds)
    {
        var sparse = await lab.ServeAsync(await lab.NoiseAsync("sparse", 64 * GiB, 64 * MiB, MiB), "--read-only", "--shared=16");
        var dense = await lab.ServeAsync(await lab.NoiseAsync("dense", 64 * MiB, 64 * MiB, MiB), "--read-only", "--shared=16");
        var peer = NbdCopyFlags[0];
        var (reading, data) = await PairsAsync(
            rounds,
            () => Measured.RunAsync(Us, "copy", "--from", sparse.Address, "--digest", "XxHash128"),
            () => Measured.RunAsync("nbdcopy", [.. peer, dense.Address, "null:"]));
        var ok = Print("very-sparse", "s", reading, data, m => m.Seconds, 1.2, biggerIsBetter: false);
        var (ours, theirs) = await PairsAsync(
            rounds,
            () => OnFreshAsync(lab, 64 * GiB, to => Measured.RunAsync(Us, "copy", "--from", sparse.Address, "--to", to, "--target-is-zero", "--digest", "XxHash128")),
            () => OnFreshAsync(lab, 64 * GiB, to => Measured.RunAsync("nbdcopy", [.. peer, sparse.Address, to])));
        await sparse.DropAsync();
        await dense.DropAsync();
        return ok & Print("very-sparse-copy", "s", ours, theirs, m => m.Seconds, 0.95, biggerIsBetter: true);
    }

    /// <summary>A copy that can be resumed is killed half-way; the run after it, against such a copy without a kill.</summary>
    /// <remarks>Both make the target stable as they go, so both are bound by the disk.</remarks>
    private static async Task<bool> ResumeAsync(Lab lab, int rounds)
    {
        var source = await lab.ServeAsync(await lab.NoiseAsync("source", 2 * GiB, GiB, 64 * MiB), "--read-only", "--shared=16");
        string[] copy = ["copy", "--from", source.Address, "--target-is-zero", "--digest", "XxHash128", "--to"];
        var maps = 0;
        var (ours, full) = await PairsAsync(
            rounds,
            () => OnFreshAsync(lab, 2 * GiB, async to =>
            {
                var map = lab.File($"map{maps++}");
                await Measured.RunAsync(Us, mayFail: true, [.. copy, to, "--resume", map, "--kill-at", (GiB + (2L << 20)).ToString(CultureInfo.InvariantCulture)]);
                return await Measured.RunAsync(Us, [.. copy, to, "--resume", map]);
            }),
            () => OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync(Us, [.. copy, to, "--resume", lab.File($"map{maps++}")])));
        await source.StopAsync();
        return Print("resume-50pct", "s", ours, full, m => m.Seconds, 0.55, biggerIsBetter: false);
    }

    /// <summary>1 % of the data written again, in scattered blocks of 64 KiB that a dirty bitmap marks, against our own full copy.</summary>
    /// <remarks>
    /// As in a move: the changes go to the target that holds the full copy, whose qemu-nbd need not find room for them. Both are timed by the process itself, from before it connects until the last write is acknowledged: connecting, handshakes, asking for the bitmap and for extents all count; starting a program does
    /// not, since a provider that makes a round runs already.
    /// </remarks>
    private static async Task<bool> DeltaAsync(Lab lab, int rounds)
    {
        var image = await lab.NoiseAsync("changing", 2 * GiB, GiB, 64 * MiB);
        await Measured.RunAsync("qemu-img", "bitmap", "--add", image, "round");
        const int dirty = (int)(GiB / 100 / (64 << 10));
        var random = new Random(7);
        var writes = new List<string> { "-f", "qcow2" };
        for (var i = 0; i < dirty; i++)
            writes.AddRange(["-c", string.Create(CultureInfo.InvariantCulture, $"write -q -P {i % 255 + 1} {(2 * GiB / dirty * i / (64 << 10) + random.Next(8)) * (64 << 10)} 64k")]);
        await Measured.RunAsync("qemu-io", [.. writes, image]);
        var source = await lab.ServeAsync(image, "--read-only", "--shared=16", "--bitmap=round");
        List<Measured> delta = [], full = [];
        for (var round = 0; round < rounds; round++)
        {
            await OnFreshAsync(lab, 2 * GiB, async to =>
            {
                full.Add(await Measured.RunAsync(Us, "copy", "--from", source.Address, "--to", to, "--target-is-zero", "--digest", "XxHash128"));
                delta.Add(await Measured.RunAsync(Us, "copy", "--from", source.Address, "--to", to, "--bitmap", "round", "--digest", "XxHash128"));
                return delta[^1];
            });
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: the changes {OwnSeconds(delta[^1]):0.000} s, all {OwnSeconds(full[^1]):0.000} s"));
        }

        await source.DropAsync();
        var ok = Print("delta-1pct", "s", delta, full, OwnSeconds, 0.05, biggerIsBetter: false);
        return ok & Print("delta-1pct-bytes", "B", Median(delta, m => Figure(m, 1)), dirty * 65536.0, 1.05, biggerIsBetter: false);
    }

    private static async Task<Measured> OnFreshAsync(Lab lab, long length, Func<string, Task<Measured>> run)
    {
        var target = await lab.FreshAsync(length);
        try
        {
            return await run(target.Address);
        }
        finally
        {
            await target.DropAsync();
        }
    }

    /// <summary>Rounds of one run each; who goes first alternates, so that neither always finds the caches of the other.</summary>
    private static async Task<(List<Measured> Ours, List<Measured> Theirs)> PairsAsync(int rounds, Func<Task<Measured>> ours, Func<Task<Measured>> theirs)
    {
        List<Measured> mine = [], others = [];
        for (var round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
                mine.Add(await ours());
            others.Add(await theirs());
            if (round % 2 == 1)
                mine.Add(await ours());
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: ours {mine[^1].Seconds:0.000} s, the other {others[^1].Seconds:0.000} s"));
        }

        return (mine, others);
    }

    private static double OwnSeconds(Measured run) => Figure(run, 4);

    private static double OwnPeak(Measured run) => Figure(run, 3);

    /// <summary>One of the figures that a program of ours prints in a line.</summary>
    private static double Figure(Measured run, int at) => double.Parse(run.Output.Split(' ')[at], CultureInfo.InvariantCulture);

    private static double Median<T>(IReadOnlyCollection<T> values, Func<T, double> of)
    {
        var sorted = values.Select(of).Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>A line of the table whose ratio is the median of the rounds' own ratios: what else the machine does meanwhile falls on both runs of a round.</summary>
    private static bool Print(string name, string unit, List<Measured> ours, List<Measured> theirs, Func<Measured, double> of, double must, bool biggerIsBetter)
    {
        var ratio = Median([.. ours.Zip(theirs, (mine, other) => biggerIsBetter ? of(other) / of(mine) : of(mine) / of(other))], value => value);
        return Print(name, unit, Median(ours, of), Median(theirs, of), must, biggerIsBetter, ratio);
    }

    /// <summary>A line of the table. The ratio is speed (the peer's figure by ours) where bigger is better, else cost (ours by the other).</summary>
    private static bool Print(string name, string unit, double ours, double peer, double must, bool biggerIsBetter, double? paired = null)
    {
        var ratio = paired ?? (biggerIsBetter ? peer / ours : ours / peer);
        var ok = biggerIsBetter ? ratio >= must : ratio <= must;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"name\":\"{name}\",\"unit\":\"{unit}\",\"ours\":{ours:0.####},\"peer\":{peer:0.####},\"ratio\":{ratio:0.####},\"must\":{must},\"ok\":{(ok ? "true" : "false")}}}"));
        return ok;
    }
}
