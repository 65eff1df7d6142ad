using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

// Moves of a running VM with its memory, by the platform's own means. Optional: see Capabilities.LiveFamily.
public abstract partial class Site
{
    /// <summary>What stands against moving this VM live to that site, in the platform's own words (its checker's verdict, devices, features of the processor); empty: nothing is known to. Only reads.</summary>
    public virtual Task<ImmutableArray<string>> FindLiveBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        Task.FromResult(ImmutableArray<string>.Empty);

    /// <summary>What stands against letting this VM change sides before its memory, where <see cref="Capabilities.PostCopies"/> says that the platform can. Only reads.</summary>
    public virtual Task<PostCopyAbility> FindPostCopyBlockersAsync(string vmId, Site to, CancellationToken cancellation) => throw Lacks("let a VM change sides before its memory");

    /// <summary>How memory and disks of a live move to that site travel, and whether encrypted, for preview; null where the platform has one way only. Opens nothing.</summary>
    public virtual string? DescribeLive(Site to) => null;

    /// <summary>
    /// Moves the running VM with its memory, and with its disks where the two sites share none, by the platform's own migration. When it returns, the VM
    /// runs at <paramref name="to"/> as <see cref="VmRequest"/> says, with the stamp, and is off here, its definition and disks kept. Where the platform can, its fence stands from the very
    /// moment of the switch (<see cref="EnsureFencedAsync"/> is called after in any case). Checkpoints of the migration go along, so that what the VM has written since can be told there. On any failure or cancellation
    /// the VM goes on running here and nothing is left running there; success is told only when the job and the placement both say so.
    /// </summary>
    /// <remarks>Repeating it after a kill goes on with a job that still runs, or cleans up and starts again.</remarks>
    public virtual Task<LiveResult> MoveLiveAsync(LiveRequest request, Site to, IProgress<LiveProgress>? progress, CancellationToken cancellation) =>
        throw Lacks("move a running VM with its memory");
}
