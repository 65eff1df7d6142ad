using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Defines the VM at the target, off, with the same identity on the copied disks.</summary>
internal sealed class DefineTarget : Step
{
    public override string Name => "define VM";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(0.3);

    public override string Describe(Run run)
    {
        var moved = run.Placement!.Networks.Where(entry => entry.Key != entry.Value).Select(entry => $"{entry.Key} → {entry.Value}").Order(StringComparer.Ordinal).ToList();
        return $"{run.Placement.Name} at {run.To.Name}{(run.Placement.Host is { } host ? $"/{host}" : "")}, {(run.To.Capabilities.WhyNoHardwareAddresses is { } why ? $"with new hardware addresses ({why})" : "same identity and hardware addresses")}"
            + (run.Shape.IsEmpty ? "" : $"; {string.Join("; ", run.Shape)}")
            + (moved.Count > 0 ? $", networks {string.Join(", ", moved)}" : "");
    }

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var stamp = CopyRequest.Stamp(run).With(StampNotes.WentBack, run.WentBack).With(StampNotes.Proof, ProofNote.Write(run.Proofs)).With(StampNotes.Converted, run.Converted?.Program);
        run.CopyId = await run.To.EnsureDefinedAsync(
            CopyRequest.Of(run, stamp, run.Converted?.Fit(run.Vm) ?? run.Vm, run.Vm.Disks.Select(disk => run.Disks[disk.Name])), cancellation);
        return $"{run.Placement!.Name} is defined at {run.To.Name} as {run.CopyId}";
    }

    public override async Task UndoAsync(Run run, CancellationToken cancellation)
    {
        await CopyRemoval.UndefineAsync(run.To, run.MigrationId, static copy => copy.Stamp?[StampNotes.Accepted] is null, cancellation);
        run.CopyId = null;
    }
}
