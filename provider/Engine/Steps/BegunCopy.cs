using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>What base copies of a running VM that were killed have left at the target, by the maps beside its disks: which checkpoint each disk holds a part of.</summary>
/// <remarks>
/// The guest has written since, so the part counts but for what it has changed: the checkpoint is still there, and tells. Where several were killed, changes since the oldest that a
/// disk has a part of are more than changes since its own, never less.
/// </remarks>
internal sealed class BegunCopy
{
    /// <summary>The map of a larger disk does not keep every chunk's digest: at 4 TiB these take 32 MiB, half of what a copy may use. There a change costs the whole GiB around it after a kill.</summary>
    private const long MostKept = 4L << 40;

    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);

    /// <summary>The checkpoint since which the source has to tell changes; null where nothing was begun.</summary>
    internal string? Since { get; private init; }

    /// <param name="checkpoints">Those that the source has, oldest first.</param>
    internal static async Task<BegunCopy> FindAsync(Run run, ImmutableArray<string> checkpoints, CancellationToken cancellation)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var oldest = checkpoints.Length;
        foreach (var disk in run.Vm.Disks)
        {
            var made = run.Disks[disk.Name];
            if (made.IsNew || checkpoints.IsEmpty)
            {
                continue;
            }

            await using var to = await run.To.OpenDiskAsync(made, cancellation);
            var states = checkpoints.Select(checkpoint => State(run, disk.Name, checkpoint)).ToList();
            if (to.Resume is { } store && await ResumeOptions.FindStateAsync(store, run.Spec.Digest, made.LengthBytes, states, cancellation) is { } state)
            {
                found.Add(disk.Name, state);
                oldest = Math.Min(oldest, states.IndexOf(state));
            }
        }

        var begun = new BegunCopy { Since = oldest < checkpoints.Length ? checkpoints[oldest] : null };
        foreach (var (disk, state) in found)
        {
            begun._states.Add(disk, state);
        }

        return begun;
    }

    /// <summary>How the copy of a disk as it is at a checkpoint goes on, and can go on again.</summary>
    /// <param name="changed">What has changed since <see cref="Since"/>; null where that is not known, and nothing that was begun counts.</param>
    internal ResumeOptions? Of(Run run, string disk, DiskAccess to, string checkpoint, ExtentSet? changed) => to.Resume is not { } store ? null : new ResumeOptions(store, State(run, disk, checkpoint))
    {
        MayChange = to.LengthBytes <= MostKept,
        EarlierState = changed is null ? null : _states.GetValueOrDefault(disk),
        ChangedSince = changed ?? ExtentSet.Empty,
    };

    private static string State(Run run, string disk, string checkpoint) => $"{run.MigrationId} {disk} checkpoint {checkpoint}";
}
