using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Brings one disk at the target from one checkpoint to the next, and proves it.</summary>
internal static class RoundSync
{
    /// <param name="ranges">What may have changed; null: everything.</param>
    /// <param name="whole">Also digest the whole disk on both sides, where this run has not yet.</param>
    /// <param name="resume">Where everything may have changed: how a killed base copy goes on.</param>
    /// <returns>What the copy did; its digests are the whole disk's where <paramref name="whole"/> is set.</returns>
    internal static async Task<CopyResult> RunAsync(
        Run run, string disk, DiskAccess from, DiskAccess to, ExtentSet? ranges, bool targetIsZero, bool whole, string phase, ResumeOptions? resume, CancellationToken cancellation)
    {
        await using var reader = from.OpenReader();
        await using var writer = to.OpenWriter();
        var line = new Line(run, phase, disk);
        var limits = run.From.CopyLimits;
        var options = new CopyOptions
        {
            Digest = run.Spec.Digest,
            Ranges = ranges,
            TargetIsZero = targetIsZero,
            Patience = limits.Patience,
            Throttle = limits.Throttle,
            Budget = limits.Budget,
            Time = run.Time,
        };
        if (ranges is null)
        {
            return await BaseAsync(run, disk, reader, writer, options with { Resume = resume }, whole, line, cancellation);
        }

        if (!whole)
        {
            return Count(run, await BlockCopier.CopyAsync(reader, writer, options with { ReadBack = true }, line, cancellation));
        }

        var known = run.Trees.Remove(disk, out var trees) && trees.Source.IsComplete && trees.Target.IsComplete;
        if (!known)
        {
            trees?.Dispose();
            trees = new DiskTrees(new DigestTree(run.Spec.Digest, from.LengthBytes, keepLeaves: true), new DigestTree(run.Spec.Digest, from.LengthBytes, keepLeaves: true));
        }

        try
        {
            // A round of changes can only go on from a tree that knows the rest; without one, the rest is read once.
            var result = Count(run, await BlockCopier.CopyAsync(reader, writer, options with { Tree = known ? trees!.Source : null }, line, cancellation));
            if (!known)
            {
                await BlockCopier.DigestAsync(reader, null, options with { Ranges = null, Tree = trees!.Source }, line, cancellation);
            }

            var back = writer.ReadBack
                ?? throw new PlatformException(PlatformErrorKind.Unsupported, run.To.Name, $"Disk {disk} ({writer.Name}) cannot be read back, so nothing can be proven about it.");
            await BlockCopier.DigestAsync(back, from.LengthBytes, options with { Ranges = known ? ranges : null, Tree = trees!.Target }, line, cancellation);
            if (!trees.AreEqual)
            {
                var where = trees.Source.FirstDifference(trees.Target);
                throw new BlockException(
                    BlockErrorKind.Mismatch,
                    $"{writer.Name}: what was read back is not what was read from {reader.Name}: {trees.Target.Text()} instead of {trees.Source.Text()}; the first difference lies between byte {where?.Offset} and {where?.End}.",
                    canRetry: false)
                { Disk = writer.Name, Offset = where?.Offset, AtTarget = true };
            }

            // Only trees that agree are kept: a copy that failed half-way leaves none behind.
            run.Trees[disk] = trees;
            return result with { SourceDigest = trees.Source.Text(), TargetDigest = trees.Target.Text() };
        }
        catch
        {
            trees!.Dispose();
            throw;
        }
    }

    /// <summary>Copies everything, or what a killed run has left of it, and reads all of it back.</summary>
    /// <remarks>Where the target holds older content, only what differs is sent.</remarks>
    private static async Task<CopyResult> BaseAsync(
        Run run, string disk, BlockReader reader, BlockWriter writer, CopyOptions options, bool whole, Line line, CancellationToken cancellation)
    {
        if (run.Trees.Remove(disk, out var before))
        {
            before.Dispose();
        }

        CopyResult result;
        DigestTree? back;
        try
        {
            (result, back) = await CopyAsync(options);
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.Mismatch && options.Resume is { } resume && line.WasResumed)
        {
            run.Events.Say(Severity.Warning, DiskSync.ChangedSince(e));
            await resume.Store.DeleteAsync(cancellation);
            (result, back) = await CopyAsync(options with { TargetIsZero = false });
        }

        if (back is not null)
        {
            // What was read back is what was read at the source, leaf by leaf: later rounds go on from here on both sides, each with what it reads there.
            run.Trees[disk] = new DiskTrees(back.Copy(), back);
        }

        return result;

        async Task<(CopyResult Result, DigestTree? Back)> CopyAsync(CopyOptions now)
        {
            var tree = whole ? new DigestTree(run.Spec.Digest, reader.LengthBytes, keepLeaves: true) : null;
            try
            {
                return (Count(run, await BlockCopier.CopyAsync(reader, writer, now with { ReadBack = true, BackTree = tree, Compare = !now.TargetIsZero }, line, cancellation)), tree);
            }
            catch
            {
                tree?.Dispose();
                throw;
            }
        }
    }

    /// <summary>The digest of some ranges as they are now.</summary>
    internal static async Task<string> DigestAsync(Run run, DiskAccess disk, ExtentSet ranges, string phase, string name, CancellationToken cancellation)
    {
        await using var reader = disk.OpenReader();
        var limits = run.From.CopyLimits;
        var options = new CopyOptions { Digest = run.Spec.Digest, Ranges = ranges, Throttle = limits.Throttle, Budget = limits.Budget, Time = run.Time };
        return (await BlockCopier.DigestAsync(reader, null, options, new Line(run, phase, name), cancellation)).Digest;
    }

    private static CopyResult Count(Run run, CopyResult result)
    {
        run.Transferred += result.WrittenBytes;
        run.CopyTime += result.Duration;
        return result;
    }

    private sealed class Line(Run run, string phase, string disk) : IProgress<CopyProgress>
    {
        /// <summary>A part had been done by an earlier run.</summary>
        internal bool WasResumed { get; private set; }

        public void Report(CopyProgress value)
        {
            WasResumed |= value.ResumedBytes > 0;
            run.Events.Status(
                phase,
                $"{phase}: {value.Phase} {disk} {(value.TotalBytes == 0 ? 100 : value.DoneBytes * 100 / value.TotalBytes)} % · {Human.Bytes(value.TransferredBytes)} · {Human.Rate(value.BytesPerSecond)}"
                + (value.Left is { } time ? $" · {Human.Duration(time)} left" : ""));
        }
    }
}
