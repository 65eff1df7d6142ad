using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class CopyLimitsTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_limit_that_is_declared_anew_or_written_to_its_file_counts_for_a_copy_that_runs()
    {
        using var limits = new CopyLimits(TimeProvider.System, TimeZoneInfo.Utc);
        var file = Path.Combine(Path.GetTempPath(), $"vmmigrate-bandwidth-{Guid.NewGuid():N}");
        limits.Declare(BandwidthSchedule.Parse("1 MB/s"), file, TimeSpan.FromMinutes(1));
        var source = new MemoryDisk("source", 256 * MiB);
        for (var i = 0; i < 256; i++)
            source.Write(i * (long)MiB, new byte[] { 1 });
        var copy = BlockCopier.CopyAsync(
            source.Reader(), new MemoryDisk("target", 256 * MiB).Writer(), new CopyOptions { Throttle = limits.Throttle, Budget = limits.Budget, TargetIsZero = true }, null, Stop);
        await Task.Delay(300, Stop);
        Assert.False(copy.IsCompleted);

        await File.WriteAllTextAsync(file, "unlimited", Stop);
        try
        {
            await copy;
            Assert.Null(limits.Throttle.BytesPerSecond);
            limits.Declare(BandwidthSchedule.Parse("08:00-08:01: 1 MB/s; 2 MB/s"), null, TimeSpan.Zero);
            Assert.NotNull(limits.Throttle.BytesPerSecond);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_site_s_places_are_never_exceeded_and_two_sites_never_wait_for_each_other()
    {
        var (a, b) = (new DiskSlots { Most = 3 }, new DiskSlots { Most = 2 });
        var (now, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            // Both directions, and within one site.
            var taking = (i % 3) switch
            {
                0 => DiskSlots.TakeAsync("a", a, "b", b, Stop),
                1 => DiskSlots.TakeAsync("b", b, "a", a, Stop),
                _ => DiskSlots.TakeAsync("b", b, "b", b, Stop),
            };
            using var place = await taking;
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Delay(1, Stop);
            Interlocked.Decrement(ref now);
        }));
        Assert.InRange(most, 1, 2);

        using var all = await DiskSlots.TakeAsync("a", a, "b", b, Stop);
        b.Most = 1;
        using var given = new CancellationTokenSource();
        var waiting = DiskSlots.TakeAsync("a", a, "b", b, given.Token);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var next = DiskSlots.TakeAsync("b", b, "a", a, Stop);
        Assert.False(next.IsCompleted);
        b.Most = null;
        (await next).Dispose();
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_target_with_old_content_gets_what_differs_and_is_proven_whole(int seed)
    {
        var random = new Random(seed);
        var length = (64L * MiB) + (seed * 12_345);
        var (source, target) = (new MemoryDisk("source", length), new MemoryDisk("target", length));
        var leaf = new byte[DigestTree.LeafBytes];
        long differs = 0;
        for (long at = 0; at < length; at += leaf.Length)
        {
            var part = leaf.AsSpan(0, (int)Math.Min(leaf.Length, length - at));
            random.NextBytes(part);
            switch (random.Next(5))
            {
                case 0:
                    source.Write(at, part);
                    differs += part.Length;
                    break;
                case 1:
                    target.Write(at, part);
                    break;
                case 2:
                    break;
                default:
                    source.Write(at, part);
                    target.Write(at, part);
                    break;
            }
        }

        var result = await BlockCopier.CopyAsync(source.Reader(), target.Writer(), new CopyOptions { Compare = true, ReadBack = true }, null, Stop);

        Assert.Equal(differs, result.WrittenBytes);
        Assert.NotEqual(0, result.SameBytes);
        Assert.Equal(result.SourceDigest, result.TargetDigest);
        Assert.Equal(result.SourceDigest, (await BlockCopier.DigestAsync(target.Reader(), null, new CopyOptions(), null, Stop)).Digest);
    }
}
