using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Has the platform move the running VM itself, with its memory and its disks. Where it came from is noted on it before.</summary>
internal sealed class RelocateVm : Step
{
    /// <summary>Where it was when this run began, for taking back; null until that is known.</summary>
    private string? _was;

    public override string Name => "relocate";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(5);

    public override TimeSpan Pause(Run run) => MoveLive.AssumedPause(run);

    public override long EstimateBytes(Run run) => run.Vm.MemoryBytes.Or(0)
        + (run.Spec.Target.StoragePool is null && run.From == run.To ? 0 : run.Vm.Disks.Sum(CopyDisks.Bytes));

    public override string Describe(Run run) =>
        $"the platform moves {run.Name} itself, while it runs, from {run.From.Name}{Part(" host ", run.Vm.Host.Or(""))} to {run.To.Name}{Part(" host ", run.Placement?.Host ?? run.Spec.Target.Host)}"
        + $"{Part(", storage ", run.Spec.Target.StoragePool ?? (run.From == run.To ? null : run.Placement?.Pool))}; no copy is left behind, and the way back is the same move the other way";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var (at, vm) = await FindAsync(run, cancellation);
        _was ??= await run.From.DescribeWhereAsync(run.Vm.Id, cancellation);
        var stamp = vm.Stamp is { } present && present.MigrationId == run.MigrationId ? present : new Stamp(run.MigrationId, StampRole.Source);
        stamp = stamp
            .With(StampNotes.WasRunning, run.WasRunning ? "true" : "false")
            .With(StampNotes.Owner, run.Spec.Owner.Length > 0 ? run.Spec.Owner : null)
            .With(StampNotes.Origin, stamp[StampNotes.Origin] ?? _was);
        await at.EnsureStampAsync(vm.Id, stamp, cancellation);
        var result = await at.RelocateAsync(Request(run, vm), run.To, new Line(run), cancellation);
        run.CopyId = result.VmId;
        run.CopyTime += result.Duration;
        return result.Duration == TimeSpan.Zero ? $"{run.Name} is at {run.To.Name} already: {result.Where}" : $"{run.Name} is at {run.To.Name} after {Human.Duration(result.Duration)}: {result.Where}";
    }

    /// <summary>To where it was when the run began; where it never left, only the note goes.</summary>
    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        if (_was is { } place)
        {
            await RelocateBack.RunAsync(run, run.From, place, cancellation);
        }
    }

    /// <summary>The platform moves all of it once more.</summary>
    public override TimeSpan UndoLimit(Run run) => UndoLimitOfCopy(run);

    internal static RelocationRequest Request(Run run, Vm vm)
    {
        // Where it stays in one place, only what is declared is changed: the platform's own scheduler has its say in the rest.
        var declared = run.Spec.Target;
        return run.From.Name == run.To.Name
            ? new RelocationRequest(vm.Id, run.MigrationId, declared.Host, declared.StoragePool, declared.Networks)
            : new RelocationRequest(vm.Id, run.MigrationId, run.Placement?.Host ?? declared.Host, run.Placement?.Pool ?? declared.StoragePool, run.Placement?.Networks ?? declared.Networks);
    }

    /// <summary>The VM where it is now: a killed run's move may have come to its end meanwhile.</summary>
    internal static async Task<(Site Site, Vm Vm)> FindAsync(Run run, CancellationToken cancellation)
    {
        foreach (var site in new[] { run.From, run.To, run.Seen.HomeSite }.Distinct())
        {
            if ((await site.FindStampedAsync(run.MigrationId, cancellation)) is [var stamped, ..])
            {
                return (site, stamped);
            }
        }

        return await run.From.InspectAsync(run.Vm.Id, cancellation) is { } vm
            ? (run.From, vm)
            : throw new PlatformException(PlatformErrorKind.NotFound, run.From.Name, $"{run.Name} is gone from {run.From.Name}, and it is not at {run.To.Name} either.");
    }

    private static string Part(string word, string? value) => string.IsNullOrEmpty(value) ? "" : word + value;

    private sealed class Line(Run run) : IProgress<int>
    {
        public void Report(int value) => run.Events.Status("relocate", $"the platform moves {run.Name}: {value} %");
    }
}
