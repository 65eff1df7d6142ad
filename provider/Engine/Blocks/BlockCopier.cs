namespace VmMigrate.Engine.Blocks;

/// <summary>Copies and digests disks.</summary>
/// <remarks>
/// A cancelled call ends in less than two seconds, whatever the other sides do. Bytes in flight: <see cref="CopyOptions.AheadBytes"/> asked ahead and 1 MiB unacknowledged for each
/// pair of connections, whatever the disk's size; of these the process itself holds one leaf of 64 KiB a pair.
/// </remarks>
public static class BlockCopier
{
    /// <summary>Copies a disk, or ranges of one. May be repeated: it writes the same again.</summary>
    /// <returns>When every write was acknowledged and, if asked for, made stable and read back.</returns>
    /// <exception cref="BlockException">A side failed (<see cref="BlockException.AtTarget"/> says which), the sizes do not fit, or what was read back differs.</exception>
    public static async Task<CopyResult> CopyAsync(
        BlockReader source,
        BlockWriter target,
        CopyOptions options,
        IProgress<CopyProgress>? progress,
        CancellationToken cancellationToken)
    {
        Check(source, target, options);
        var length = source.LengthBytes;
        var tree = options.Tree ?? (options.Digest == DigestAlgorithm.None ? null : new DigestTree(options.Digest, length, isDelta: options.Ranges is not null, keepChunks: options.Resume is { MayChange: true }));
        var started = options.Time.GetTimestamp();
        var zeroesNeedWriting = !options.TargetIsZero;
        using var durability = options.Resume is not null || options.Patience > TimeSpan.Zero
            ? new JobDurability(options.Resume, options.Ranges, options.Time)
            : null;
        if (options.Resume is { } resume)
        {
            var mustSave = true;
            if (await LoadAsync(resume.Store, cancellationToken) is { } map)
            {
                var isCurrent = ResumeMap.TryRead(map, tree!, resume.SourceState, options.Ranges, out var hadContent, out var stable);
                mustSave = !isCurrent;
                durability!.IsResumed = isCurrent
                    || (resume.EarlierState is { } earlier && ResumeMap.TryRead(map, tree!, earlier, options.Ranges, out hadContent, out stable));
                if (durability.IsResumed)
                    durability.CountEarlier(stable);
                if (durability.IsResumed && !isCurrent)
                    tree!.Forget(resume.ChangedSince);
                // A map that is of no use tells one thing: the target was written to.
                zeroesNeedWriting |= hadContent;
            }

            durability!.ZeroesNeedWriting = zeroesNeedWriting;
            // Before the first byte is written, the map says whose copy this is: an older one must never be taken for it, nor a target with a beginning for an empty one.
            if (mustSave)
                await durability.SaveAsync(tree!, cancellationToken);
        }

        var compare = options.Compare && zeroesNeedWriting && tree is not null && target.ReadBack is not null;
        // Chunks that were seen to be equal while copying need no second look at the end.
        var seen = compare && options.ReadBack && options.Ranges is null ? options.BackTree ?? new DigestTree(tree!.Algorithm, length) : null;
        var job = new CopyJob(source, target, length, options.Ranges, zeroesNeedWriting, tree, durability, seen) { Compare = compare };
        if (durability is { IsResumed: true })
            job.CountKnown();
        var written = await RunAsync(job, options, "copy", progress, cancellationToken);
        if (options.Flush && durability is null)
            await FlushAsync(target, cancellationToken);
        var duration = options.Time.GetElapsedTime(started);
        var result = new CopyResult
        {
            TotalBytes = job.TotalBytes,
            ReadBytes = job.TransferredBytes,
            WrittenBytes = written,
            ZeroBytes = job.ZeroBytes,
            SameBytes = job.SameBytes,
            Duration = duration,
            SourceDigest = tree?.Text(),
            ResumedBytes = job.ResumedBytes,
            Reconnects = job.Reconnects,
        };
        if (!options.ReadBack)
            return result;

        started = options.Time.GetTimestamp();
        var readBack = target.ReadBack
            ?? throw new BlockException(BlockErrorKind.Refused, $"{target.Name}: the target cannot be read back.", canRetry: false) { Disk = target.Name, AtTarget = true };
        // A tree brought up to date by a round of changes is compared over those changes only; the rest was compared in the rounds before.
        var isDelta = options.Ranges is not null;
        var back = seen ?? options.BackTree ?? new DigestTree(tree!.Algorithm, length, isDelta: isDelta);
        var reading = new CopyJob(readBack, null, length, options.Ranges, zeroesNeedWriting: false, back, skipKnown: seen is not null);
        if (seen is not null)
            reading.CountKnown();
        await RunAsync(reading, options, "read back", progress, cancellationToken);
        var expected = isDelta && !tree!.IsDelta ? tree.Delta(options.Ranges!) : tree!;
        if (back.Text() != expected.Text())
            throw Mismatch(source, target, expected, back);
        return result with { TargetDigest = isDelta && !tree!.IsDelta ? null : back.Text(), ReadBackDuration = options.Time.GetElapsedTime(started) };
    }

    /// <summary>Digests a disk by reading it alone, so that two disks can be compared independently of any copy.</summary>
    /// <param name="lengthBytes">How much of the disk, from its start: a target may be larger than its source. Null: all.</param>
    /// <exception cref="BlockException">The disk cannot be read.</exception>
    public static async Task<DigestResult> DigestAsync(
        BlockReader disk,
        long? lengthBytes,
        CopyOptions options,
        IProgress<CopyProgress>? progress,
        CancellationToken cancellationToken)
    {
        var length = lengthBytes ?? disk.LengthBytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, disk.LengthBytes, nameof(lengthBytes));
        var tree = options.Tree ?? new DigestTree(options.Digest, length, isDelta: options.Ranges is not null);
        var started = options.Time.GetTimestamp();
        var job = new CopyJob(disk, null, length, options.Ranges, zeroesNeedWriting: false, tree);
        await RunAsync(job, options, "digest", progress, cancellationToken);
        return new DigestResult(tree.Text(), job.TotalBytes, job.TransferredBytes, options.Time.GetElapsedTime(started));
    }

    /// <exception cref="BlockException">It cannot be read.</exception>
    internal static async Task<byte[]?> LoadAsync(ResumeStore store, CancellationToken cancellationToken)
    {
        try
        {
            return await store.LoadAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new BlockException(BlockErrorKind.ReadFailed, $"The map for resuming cannot be read: {e.Message}", canRetry: false, e) { AtTarget = true };
        }
    }

    private static void Check(BlockReader source, BlockWriter target, CopyOptions options)
    {
        if (target.LengthBytes < source.LengthBytes)
        {
            throw new BlockException(
                BlockErrorKind.WrongSize,
                $"{target.Name}: the target has {target.LengthBytes} bytes, and the source {source.Name} has {source.LengthBytes}.",
                canRetry: false)
            { Disk = target.Name, AtTarget = true };
        }

        if (options.Ranges is not null && options.TargetIsZero)
            throw new ArgumentException("In a round of changes the target holds older content: zeroes have to be written.", nameof(options));
        if (options.ReadBack && options.Digest == DigestAlgorithm.None && options.Tree is null)
            throw new ArgumentException("Reading back compares digests, so one has to be chosen.", nameof(options));
        if (options.Resume is not null && options.Digest == DigestAlgorithm.None)
            throw new ArgumentException("To go on after a kill needs the digests of what was done, so one has to be chosen.", nameof(options));
        if (options.BackTree is { } back && (!options.ReadBack || options.Ranges is not null || back.LengthBytes != source.LengthBytes || back.Algorithm != (options.Tree?.Algorithm ?? options.Digest)))
            throw new ArgumentException("A tree of what is read back is of the whole disk, its length and the digest of the copy.", nameof(options));
        if (options.Tree is not { } tree)
            return;
        if (options.Resume is not null)
            throw new ArgumentException("The map for resuming has no leaves: copy with Resume, then fill the tree with DigestAsync.", nameof(options));
        if (tree.IsDelta || !tree.KeepsLeaves)
            throw new ArgumentException("The tree has to be one of the whole disk that keeps its leaves.", nameof(options));
        if (tree.LengthBytes != source.LengthBytes)
        {
            throw new BlockException(
                BlockErrorKind.WrongSize,
                $"{source.Name}: the disk had {tree.LengthBytes} bytes in the earlier rounds and has {source.LengthBytes} now. Give the target the same size and copy from the start.",
                canRetry: false)
            { Disk = source.Name, AtTarget = false };
        }

        if (options.Ranges is not null && !tree.IsComplete)
            throw new ArgumentException("A round of changes can only continue a tree that knows the whole disk.", nameof(options));
    }

    private static BlockException Mismatch(BlockReader source, BlockWriter target, DigestTree expected, DigestTree back)
    {
        var where = expected.FirstDifference(back);
        return new BlockException(
            BlockErrorKind.Mismatch,
            $"{target.Name}: what was read back is not what was read from {source.Name}: {back.Text()} instead of {expected.Text()}; the first difference lies between byte {where?.Offset} and {where?.End}.",
            canRetry: false)
        { Disk = target.Name, Offset = where?.Offset, AtTarget = true };
    }

    private static Task<int> FlushAsync(BlockWriter target, CancellationToken cancellationToken) =>
        BlockingCall.RunAsync(() =>
        {
            try
            {
                using var channel = target.Open(cancellationToken);
                using var _ = cancellationToken.UnsafeRegister(static c => ((BlockWriteChannel)c!).Abort(), channel);
                channel.BeginFlush();
                channel.Drain();
                return 0;
            }
            catch (BlockException e)
            {
                e.AtTarget = true;
                throw;
            }
        }, cancellationToken);

    /// <summary>Runs the workers of a job to their end. Returns the bytes written.</summary>
    private static async Task<long> RunAsync(CopyJob job, CopyOptions options, string phase, IProgress<CopyProgress>? progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var finished = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var count = Math.Min(options.Connections, Math.Min(job.Source.MaxChannels, job.Target?.MaxChannels ?? int.MaxValue));
        count = (int)Math.Clamp((job.TotalBytes + DigestTree.ChunkBytes - 1) / DigestTree.ChunkBytes, 1, Math.Max(1, count));
        var workers = new Task<long>[count];
        for (var i = 0; i < count; i++)
        {
            var isFirst = i == 0;
            workers[i] = BlockingCall.RunAsync(() =>
            {
                try
                {
                    return Work(job, options, isFirst, finished, stop.Token);
                }
                catch (BlockException e) when (!stop.IsCancellationRequested)
                {
                    e.AtTarget ??= job.Target is null || e.Disk is null ? null : e.Disk == job.Target.Name;
                    job.Fail(e);
                    stop.Cancel();
                    throw;
                }
                catch
                {
                    stop.Cancel();
                    throw;
                }
            }, stop.Token);
        }

        var all = Task.WhenAll(workers);
        var rate = new RateMeter(options.Time);
        if (progress is not null)
        {
            while (await Task.WhenAny(all, Task.Delay(options.ReportEvery, options.Time, CancellationToken.None)) != all)
                progress.Report(Progress(job, phase, rate));
        }

        try
        {
            await all;
        }
        catch (Exception e) when (e is BlockException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (job.Failure is { } failure)
                throw failure;
            throw;
        }

        progress?.Report(Progress(job, phase, rate));
        long written = 0;
        foreach (var worker in workers)
            written += await worker;
        return written;
    }

    private static CopyProgress Progress(CopyJob job, string phase, RateMeter rate)
    {
        var (pace, left) = rate.Note(job.TransferredBytes, job.SettledBytes, job.TotalBytes);
        return new CopyProgress(phase, job.SettledBytes, job.TotalBytes, job.TransferredBytes, pace) { Left = left, ResumedBytes = job.ResumedBytes, SameBytes = job.SameBytes };
    }

    private static long Work(CopyJob job, CopyOptions options, bool isFirst, CancellationTokenSource finished, CancellationToken stop)
    {
        using var share = options.Budget?.Take(Math.Max(options.AheadBytes, job.Source.AheadBytes) + BlockBuffer.CapacityBytes * 16, stop);
        long written = 0, writtenBefore = 0;
        long? lostAt = null;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                WorkOnce(job, options, isFirst, isAgain: lostAt is not null, finished, ref written, stop);
                return written;
            }
            catch (BlockException e) when (e.CanRetry && e.Kind is BlockErrorKind.Lost or BlockErrorKind.Unreachable or BlockErrorKind.TimedOut && options.Patience > TimeSpan.Zero && job.Durability is not null && !stop.IsCancellationRequested)
            {
                var now = options.Time.GetTimestamp();
                if (lostAt is null || written > writtenBefore)
                    (lostAt, attempt, writtenBefore) = (now, 0, written);
                var lost = options.Time.GetElapsedTime(lostAt.Value, now);
                if (lost >= options.Patience)
                {
                    throw new BlockException(e.Kind, $"{e.Message} It did not come back within {options.Patience.TotalSeconds:0.#} s.", canRetry: true, e)
                    {
                        Disk = e.Disk,
                        Offset = e.Offset,
                        Code = e.Code,
                    };
                }

                job.CountReconnect();
                // At once, then ever slower, but never so slowly that the patience runs out in a pause.
                var pause = attempt == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(2000, 50 << Math.Min(attempt, 6)));
                Throttle.Pause(pause < options.Patience - lost ? pause : options.Patience - lost, options.Time, stop);
            }
        }
    }

    private static void WorkOnce(CopyJob job, CopyOptions options, bool isFirst, bool isAgain, CancellationTokenSource finished, ref long written, CancellationToken stop)
    {
        BlockReadChannel? reader = null;
        BlockWriteChannel? writer = null;
        BlockReadChannel? there = null;
        try
        {
            var epoch = job.Durability?.Epoch ?? 0;
            try
            {
                // Those that come after the first are an extra: a server may advertise several connections and serve only one.
                var opening = isFirst || isAgain ? stop : finished.Token;
                reader = job.Source.Open(opening);
                writer = job.Target?.Open(opening);
                there = job.Compare ? job.Target!.ReadBack!.Open(opening) : null;
            }
            catch (Exception e) when (!isFirst && !isAgain && !stop.IsCancellationRequested && e is BlockException or OperationCanceledException)
            {
                return;
            }

            using var _ = stop.UnsafeRegister(static channel => ((BlockReadChannel)channel!).Abort(), reader);
            using var __ = writer is null ? default : stop.UnsafeRegister(static channel => ((BlockWriteChannel)channel!).Abort(), writer);
            using var ___ = there is null ? default : stop.UnsafeRegister(static channel => ((BlockReadChannel)channel!).Abort(), there);
            var worker = new CopyWorker(job, options, reader, writer, there, epoch);
            try
            {
                worker.Run(stop);
            }
            catch (BlockException e) when (e.CanRetry && job.Durability is not null && !stop.IsCancellationRequested)
            {
                worker.GiveBack(targetIsLost: e.Disk != job.Source.Name);
                throw;
            }
            finally
            {
                written += worker.WrittenBytes;
            }

            finished.Cancel();
        }
        finally
        {
            there?.Dispose();
            writer?.Dispose();
            reader?.Dispose();
        }
    }
}
