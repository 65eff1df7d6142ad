using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>One thing that a run brings about. Doing it twice equals doing it once; doing it after it was killed half-way completes it.</summary>
public abstract class Step
{
    /// <summary>Bytes a second that a copy is given time for when it is taken back. Who sends less does not move running VMs over that link.</summary>
    private const double SlowLink = 5e6;

    /// <summary>A verb and its object in plain words, the same at preview and in the record.</summary>
    public abstract string Name { get; }

    /// <summary>The phase while the step runs.</summary>
    public abstract MigrationPhase Phase { get; }

    /// <summary>What exactly it will do, for preview.</summary>
    public abstract string Describe(Run run);

    /// <summary>True when nothing before it is taken back once it is done.</summary>
    public virtual bool IsPointOfNoReturn => false;

    /// <summary>True when the VM is down after the step; null when the step does not change that.</summary>
    public virtual bool? Down => null;

    /// <summary>How long it will take, apart from copying.</summary>
    public virtual TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(0.2);

    /// <summary>How long the VM, which stays up, stands still in it.</summary>
    public virtual TimeSpan Pause(Run run) => TimeSpan.Zero;

    /// <summary>The name under which its duration is recorded and looked up: steps that do the same thing elsewhere share one. Empty: earlier runs say nothing about it.</summary>
    public virtual string TimedAs => Name;

    /// <summary>Bytes it will copy, at most.</summary>
    public virtual long EstimateBytes(Run run) => 0;

    /// <returns>What it did, with the real values.</returns>
    public abstract Task<string> DoAsync(Run run, CancellationToken cancellation);

    /// <summary>Takes back what <see cref="DoAsync"/> did or began, after a later failure. Safe to repeat. Does nothing where keeping it helps the next run.</summary>
    public virtual Task UndoAsync(Run run, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>How long taking it back may last. By itself: a guest that ends its shutdown first, and a start.</summary>
    public virtual TimeSpan UndoLimit(Run run) => TimeSpan.FromMinutes(5);

    /// <summary>The same where disks are sent back by then, over a slow link.</summary>
    private protected TimeSpan UndoLimitOfCopy(Run run) => TimeSpan.FromMinutes(5) + run.Spec.ShutdownTimeout + TimeSpan.FromSeconds(EstimateBytes(run) / SlowLink);
}
