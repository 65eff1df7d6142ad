using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>One disk to be made equal to another.</summary>
/// <param name="Disk">Its name, for people.</param>
/// <param name="TargetIsZero">The target reads as zeroes everywhere, so that only content need be sent. Else it holds older content, and only what differs is sent.</param>
internal sealed record DiskSyncRequest(string Disk, DiskAccess From, DiskAccess To, bool TargetIsZero)
{
    /// <summary>Names the source's content for as long as it cannot change; then a killed copy goes on where it was. Null: it may change, and a repeat compares.</summary>
    public string? SourceState { get; init; }

    /// <summary>Only these ranges: a round of changes.</summary>
    public ExtentSet? Ranges { get; init; }

    /// <summary>A tree that keeps its leaves over rounds.</summary>
    public DigestTree? Tree { get; init; }
}

/// <summary>Makes one disk equal to another and proves it: the digest of what was read equals that of what is read back.</summary>
/// <remarks>
/// <code>
/// new target                       ─► send what is allocated
/// killed, source could not change  ─► the map beside the target says what is done; the rest is sent
/// older content (way back, again)  ─► both sides are digested, chunk by chunk, and what differs is sent
/// </code>
/// All copies share one bandwidth, one budget of memory, and each site's places (<see cref="CopyLimits"/>, <see cref="DiskSlots"/>).
/// </remarks>
internal static class DiskSync
{
    internal static async Task<CopyResult> RunAsync(Run run, DiskSyncRequest request, CopyMeter meter, CancellationToken cancellation)
    {
        var progress = meter.Of(request.Disk);
        progress.Notice = () => request.To.Notice ?? request.From.Notice;
        var store = request.SourceState is null || request.Ranges is not null || request.Tree is not null ? null : request.To.Resume;
        CopyResult result;
        try
        {
            result = await CopyAsync(run, request, store, progress, cancellation);
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.Mismatch && store is not null && progress.WasResumed)
        {
            // The map said that chunks were done which are not as they were sent: somebody or something changed the target since. Look at all of it.
            run.Events.Say(Severity.Warning, ChangedSince(e));
            await store.DeleteAsync(cancellation);
            result = await CopyAsync(run, request with { TargetIsZero = false }, store, progress, cancellation);
        }

        meter.Done(request.Disk, result);
        return result;
    }

    /// <summary>What to say of a target that is not as its map says.</summary>
    internal static string ChangedSince(BlockException mismatch) =>
        $"{mismatch.Message} The target was changed after an earlier run had written it; all of it is compared and sent again where it differs.";

    /// <summary>The digest of a disk as it is now.</summary>
    internal static async Task<string> DigestAsync(Run run, DiskAccess disk, CancellationToken cancellation)
    {
        await using var reader = disk.OpenReader();
        var options = new CopyOptions { Digest = run.Spec.Digest, Throttle = run.From.CopyLimits.Throttle, Budget = run.From.CopyLimits.Budget, Time = run.Time };
        return (await BlockCopier.DigestAsync(reader, null, options, null, cancellation)).Digest;
    }

    private static async Task<CopyResult> CopyAsync(Run run, DiskSyncRequest request, ResumeStore? store, DiskProgress progress, CancellationToken cancellation)
    {
        await using var reader = request.From.OpenReader();
        await using var writer = request.To.OpenWriter();
        var limits = run.From.CopyLimits;
        var options = new CopyOptions
        {
            Digest = run.Spec.Digest,
            Ranges = request.Ranges,
            Tree = request.Tree,
            TargetIsZero = request.TargetIsZero,
            Compare = !request.TargetIsZero && request.Ranges is null,
            ReadBack = true,
            Resume = store is null ? null : new ResumeOptions(store, $"{run.MigrationId} {request.Disk} {request.SourceState}"),
            Patience = limits.Patience,
            Throttle = limits.Throttle,
            Budget = limits.Budget,
            Time = run.Time,
        };
        return await BlockCopier.CopyAsync(reader, writer, options, progress, cancellation);
    }
}
