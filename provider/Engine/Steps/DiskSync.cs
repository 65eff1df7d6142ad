using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Makes one disk equal to another and proves it: the digest of what was read equals that of what is read back.</summary>
internal static class DiskSync
{
    /// <param name="targetIsZero">The target reads as zeroes everywhere, so that only content need be sent.</param>
    /// <param name="done">Bytes of other disks that this run has copied before this one, for the progress line.</param>
    /// <param name="total">Bytes that this run is expected to copy in all.</param>
    internal static async Task<CopyResult> RunAsync(
        Run run, string disk, DiskAccess from, DiskAccess to, bool targetIsZero, long done, long total, CancellationToken cancellation)
    {
        await using var reader = from.OpenReader();
        await using var writer = to.OpenWriter();
        var options = new CopyOptions
        {
            Digest = run.Spec.Digest,
            TargetIsZero = targetIsZero,
            ReadBack = true,
            Time = run.Time,
        };
        var result = await BlockCopier.CopyAsync(reader, writer, options, new Line(run, disk, done, total), cancellation);
        run.Transferred += result.WrittenBytes;
        run.CopyTime += result.Duration;
        return result;
    }

    /// <summary>The digest of a disk as it is now.</summary>
    internal static async Task<string> DigestAsync(Run run, DiskAccess disk, CancellationToken cancellation)
    {
        await using var reader = disk.OpenReader();
        var result = await BlockCopier.DigestAsync(reader, null, new CopyOptions { Digest = run.Spec.Digest, Time = run.Time }, null, cancellation);
        return result.Digest;
    }

    private sealed class Line(Run run, string disk, long done, long total) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            var now = done + value.TransferredBytes;
            var all = Math.Max(total, now);
            var left = value.Left is { } time ? $" · {Human.Duration(time)} left" : "";
            run.Events.Status(
                value.Phase,
                $"{value.Phase} {disk} {(all == 0 ? 100 : now * 100 / all)} % · {Human.Bytes(now)} of {Human.Bytes(all)} · {Human.Rate(value.BytesPerSecond)}{left}");
        }
    }
}
