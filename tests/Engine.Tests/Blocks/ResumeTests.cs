using System.Diagnostics;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>A copy that is killed, or loses a side, goes on where it was.</summary>
public sealed class ResumeTests
{
    private const int Limit = 180_000;
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_copy_killed_three_times_sends_at_most_a_twentieth_of_what_was_done_again()
    {
        await using var scratch = new Scratch();
        const long length = 1200L * MiB;
        await using var sourceServer = ServedPattern.Serve(scratch, length);
        var sourceAt = sourceServer.Endpoint;
        var image = await scratch.ImageAsync("target", "qcow2", length);
        var targetAt = await scratch.QemuNbdAsync(image, "qcow2", "--shared=4");
        long sent = 0;
        foreach (var killAt in new[] { 400L * MiB, 500L * MiB, 100L * MiB })
        {
            var (transferred, line) = await ChildAsync(scratch, sourceAt, targetAt, killAt);
            Assert.Null(line);
            sent += transferred;
        }

        var (rest, done) = await ChildAsync(scratch, sourceAt, targetAt, long.MaxValue);
        Assert.NotNull(done);
        sent += rest;
        // Of each part that was done, a twentieth may go again.
        Assert.InRange(sent, length, length + (long)(0.05 * (400 + 900 + 1000) * MiB));

        await using var source = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using var target = await NbdReader.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var expected = await BlockCopier.DigestAsync(source, null, new CopyOptions(), null, Stop);
        Assert.Equal(expected.Digest, (await BlockCopier.DigestAsync(target, null, new CopyOptions(), null, Stop)).Digest);
        Assert.Equal(expected.Digest, done[1]);

        // Once more: nothing is left to do.
        var (again, repeated) = await ChildAsync(scratch, sourceAt, targetAt, long.MaxValue);
        Assert.Equal((0, expected.Digest), (again, repeated![1]));
    }

    [Fact(Timeout = Limit)]
    public async Task A_target_server_that_is_killed_and_comes_back_costs_only_what_it_had_not_made_stable()
    {
        await using var scratch = new Scratch();
        const long length = 600L * MiB;
        await using var sourceServer = ServedPattern.Serve(scratch, length);
        var sourceAt = sourceServer.Endpoint;
        var image = await scratch.ImageAsync("target", "qcow2", length);
        var targetAt = await scratch.QemuNbdAsync(image, "qcow2", "--shared=4");
        await using var source = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        await using var target = await NbdWriter.ConnectAsync(targetAt, new NbdOptions(), Stop);
        var half = new TaskCompletionSource();
        var options = new CopyOptions { TargetIsZero = true, Patience = TimeSpan.FromSeconds(30), ReadBack = true, ReportEvery = TimeSpan.FromMilliseconds(5) };
        var copy = BlockCopier.CopyAsync(source, target, options, new When(p => p.DoneBytes > length / 3, half), Stop);
        await Task.WhenAny(half.Task, copy);
        await scratch.KillServerAsync(0);
        await Task.Delay(300, Stop);
        await scratch.StartAsync(targetAt.SocketPath!, "qemu-nbd", ["--persistent", "--socket", targetAt.SocketPath!, "-f", "qcow2", "--shared=4", image]);
        var result = await copy;
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        Assert.True(result.Reconnects > 0);
        Assert.InRange(result.ReadBytes, length, length + (60L * MiB));
    }

    [Fact(Timeout = Limit)]
    public async Task A_link_that_is_cut_again_and_again_ends_in_the_same_content()
    {
        await using var scratch = new Scratch();
        const int length = 300 * MiB;
        var from = new MemoryDisk("from", length);
        from.Write(5 * MiB, Scratch.Noise(1, 250 * MiB));
        var to = new MemoryDisk("to", length);
        await using var sourceServer = NbdServerTests.Serve(scratch, ("vda", from));
        await using var targetServer = NbdServerTests.Serve(scratch, ("vda", to));
        await using var source = await NbdReader.ConnectAsync(sourceServer.Endpoint, new NbdOptions(), Stop);
        await using var target = await NbdWriter.ConnectAsync(targetServer.Endpoint, new NbdOptions(), Stop);
        var throttle = new Throttle(BandwidthSchedule.Constant(150 * MiB), TimeProvider.System, TimeZoneInfo.Utc);
        var options = new CopyOptions { TargetIsZero = true, Patience = TimeSpan.FromSeconds(60), ReadBack = false, Throttle = throttle, ReportEvery = TimeSpan.FromMilliseconds(5) };
        var reached = Enumerable.Range(1, 6).Select(_ => new TaskCompletionSource()).ToArray();
        var copy = BlockCopier.CopyAsync(source, target, options, new Each(done => done.DoneBytes / (35 * MiB), reached), Stop);
        for (var i = 0; i < reached.Length; i++)
        {
            // Not before it goes on again.
            await Task.WhenAny(reached[i].Task, copy);
            (i % 2 == 0 ? targetServer : sourceServer).CutConnections();
        }

        var result = await copy;
        Assert.True(result.Reconnects >= 3);
        Assert.Equal(result.SourceDigest, (await BlockCopier.DigestAsync(to.Reader(), null, new CopyOptions(), null, Stop)).Digest);
        Assert.Equal(result.SourceDigest, (await BlockCopier.DigestAsync(from.Reader(), null, new CopyOptions(), null, Stop)).Digest);
    }

    [Fact(Timeout = Limit)]
    public async Task Patience_ends_when_it_was_declared_to_end()
    {
        await using var scratch = new Scratch();
        var sourceAt = await scratch.NbdkitAsync("--filter=rate", "pattern", "size=1G", "rate=400M");
        await using var source = await NbdReader.ConnectAsync(sourceAt, new NbdOptions(), Stop);
        var copy = BlockCopier.CopyAsync(
            source, new MemoryDisk("target", source.LengthBytes).Writer(), new CopyOptions { TargetIsZero = true, Patience = TimeSpan.FromSeconds(1.5) }, null, Stop);
        await Task.Delay(300, Stop);
        var killed = TimeProvider.System.GetTimestamp();
        await scratch.KillServerAsync(0);
        var failed = await Assert.ThrowsAsync<BlockException>(() => copy);
        Assert.True(TimeProvider.System.GetElapsedTime(killed).TotalSeconds > 1.2, "It ended before it was declared to.");
        Assert.True(failed.CanRetry);
        Assert.Equal(false, failed.AtTarget);
        Assert.Contains("did not come back within 1.5 s", failed.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("another state")]
    [InlineData("a damaged map")]
    [InlineData("a map cut short")]
    public async Task A_map_that_does_not_fit_is_not_used_and_old_content_is_zeroed(string what)
    {
        await using var scratch = new Scratch();
        const int length = 40 * MiB;
        var old = new MemoryDisk("old", length);
        old.Write(0, Scratch.Noise(1, 40 * MiB));
        var target = new MemoryDisk("target", length);
        var store = new FileResumeStore(scratch.File("disk"));
        await BlockCopier.CopyAsync(old.Reader(), target.Writer(), new CopyOptions { TargetIsZero = true, Resume = new ResumeOptions(store, "state-1") }, null, Stop);

        var map = await File.ReadAllBytesAsync(scratch.File("disk" + FileResumeStore.Suffix), Stop);
        if (what == "a damaged map")
            map[^20] ^= 1;
        else if (what == "a map cut short")
            map = map[..^1];
        await store.SaveAsync(map, Stop);
        var source = new MemoryDisk("source", length);
        source.Write(10 * MiB, Scratch.Noise(2, MiB));
        var resume = new ResumeOptions(store, what == "another state" ? "state-2" : "state-1");
        var result = await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { TargetIsZero = true, Resume = resume, ReadBack = true }, null, Stop);
        Assert.Equal(0, result.ResumedBytes);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        Assert.Equal((await BlockCopier.DigestAsync(source.Reader(), null, new CopyOptions(), null, Stop)).Digest, result.TargetDigest);
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_that_was_stopped_before_its_first_flush_is_not_taken_for_an_older_one_nor_its_target_for_empty()
    {
        await using var scratch = new Scratch();
        const int length = 60 * MiB;
        var first = new MemoryDisk("first", length);
        first.Write(0, Scratch.Noise(1, length));
        var second = new MemoryDisk("second", length);
        second.Write(30 * MiB, Scratch.Noise(2, MiB));
        var target = new MemoryDisk("target", length);
        var store = new FileResumeStore(scratch.File("disk"));
        CopyOptions Options(string state) => new() { TargetIsZero = true, Resume = new ResumeOptions(store, state), ReadBack = true };
        await BlockCopier.CopyAsync(first.Reader(), target.Writer(), Options("state-1"), null, Stop);

        // The second state begins, and is stopped at its first data.
        var bad = new FaultTests.BadBlock(second) { At = 30 * MiB };
        await using (var server = NbdServer.Start(NbdEndpoint.Unix(scratch.NewSocket()), new Dictionary<string, NbdServedDisk> { ["vda"] = bad }, null, TimeSpan.FromSeconds(10)))
        {
            await using var reader = await NbdReader.ConnectAsync(server.Endpoint, new NbdOptions(), Stop);
            await Assert.ThrowsAsync<BlockException>(() => BlockCopier.CopyAsync(reader, target.Writer(), Options("state-2"), null, Stop));
        }

        var result = await BlockCopier.CopyAsync(second.Reader(), target.Writer(), Options("state-2"), null, Stop);
        Assert.Equal((await BlockCopier.DigestAsync(second.Reader(), null, new CopyOptions(), null, Stop)).Digest, result.TargetDigest);
        var back = await BlockCopier.CopyAsync(first.Reader(), target.Writer(), Options("state-1"), null, Stop);
        Assert.Equal((await BlockCopier.DigestAsync(first.Reader(), null, new CopyOptions(), null, Stop)).Digest, back.TargetDigest);
    }

    /// <summary>Runs the copy in a process of its own and kills it as kill -9 does when it has transferred so much. Returns what it transferred, and its last line when it came to the end.</summary>
    private static async Task<(long Transferred, string[]? Done)> ChildAsync(Scratch scratch, NbdEndpoint source, NbdEndpoint target, long killAt)
    {
        var child = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "VmMigrate.Engine.Dummy.dll"), source.ToString(), target.ToString(), scratch.File("target")])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(child)!;
        long transferred = 0;
        try
        {
            while (await process.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                var words = line.Split(' ');
                if (words[0] == "done")
                {
                    await process.WaitForExitAsync(Stop);
                    Assert.Equal(0, process.ExitCode);
                    return (long.Parse(words[2], CultureInfo.InvariantCulture), words);
                }

                transferred = long.Parse(words[1], CultureInfo.InvariantCulture);
                if (transferred >= killAt)
                    break;
            }

            Assert.False(process.HasExited, "The copy ended before it could be killed.");
            return (transferred, null);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Tells when each of some numbers is reached.</summary>
    private sealed class Each(Func<CopyProgress, long> number, TaskCompletionSource[] reached) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            for (var i = 0; i < Math.Min(number(value), reached.Length); i++)
                reached[i].TrySetResult();
        }
    }

    private sealed class When(Func<CopyProgress, bool> condition, TaskCompletionSource reached) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            if (condition(value))
                reached.TrySetResult();
        }
    }
}
