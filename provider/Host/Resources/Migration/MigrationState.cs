using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>What the engine keeps of a migration: echoed inputs and outputs, written from what is really there.</summary>
internal static class MigrationState
{
    /// <summary>The phase that the platforms show.</summary>
    internal static MigrationPhase PhaseOf(Observation seen)
    {
        if (seen.Current is { IsRelocated: true, AcceptedAt: null } || seen.Home?.Stamp?[StampNotes.Origin] is not null)
        {
            return MigrationPhase.CuttingOver;
        }

        if (seen.LostTo is not null)
        {
            // It had been cut over; what became of it since is drift.
            return MigrationPhase.CutOver;
        }

        if (seen.Current is { } current)
        {
            return current.Fence == FenceState.None ? MigrationPhase.CutOver : MigrationPhase.RollingBack;
        }

        if (seen.HomeFence != FenceState.None)
        {
            return MigrationPhase.CuttingOver;
        }

        return seen.Home?.Stamp?[StampNotes.Replicated] is not null && !seen.PlacedDisks.IsEmpty
            ? TestedNote.IsUpToDate(seen.Home.Stamp) ? MigrationPhase.Tested : MigrationPhase.Replicated
            : seen.PlacedDisks.IsEmpty && seen.Copies.IsEmpty ? MigrationPhase.Validated : MigrationPhase.Replicating;
    }

    internal static MapValue Write(
        MapValue inputs, MigrationPhase phase, string migrationId, (Site Site, Vm Vm)? place, MapValue? old,
        IEnumerable<StepRecord> newSteps, Observation? seen, Run? run, Value estimate, RecordedVm? recorded, Value drift, IEnumerable<Finding>? findings = null)
    {
        var steps = newSteps.Select(Write).ToList();
        var copy = seen?.Current?.Vm.Stamp;
        var proof = WriteProof(copy, run);
        var downtime = run?.Downtime is { } time
            ? Value.Text(time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + "s")
            : copy?[StampNotes.Downtime] is { } note ? Value.Text(note + "s") : Old(old, "downtime");
        return inputs
            .With("phase", Value.Text(phase.ToString()))
            .With("migrationId", Value.Text(migrationId))
            .With("placement", place is { } at ? WritePlacement(at.Site, at.Vm) : Old(old, "placement"))
            .With("steps", steps.Count > 0 ? Value.List(steps) : Old(old, "steps") is { IsNull: false } kept ? kept : Value.List([]))
            .With("proof", proof.IsNull ? Old(old, "proof") : proof)
            .With("replicatedAt", seen?.Home?.Stamp?[StampNotes.Synced] is not null && seen.Home.Stamp[StampNotes.Replicated] is { } checkpointed ? Value.Text(checkpointed) : Value.Null)
            .With("test", WriteTest(seen?.Home?.Stamp))
            .With("recoveryPoints", WritePoints(seen))
            .With("downtime", downtime)
            .With("transferred", run is not null && steps.Count > 0 ? Value.Number(run.Transferred) : Old(old, "transferred"))
            .With("estimate", estimate)
            .With("findings", findings is not null ? PreviewCodec.Write(findings) : Old(old, "findings") is { IsNull: false } found ? found : Value.List([]))
            .With("recorded", RecordedCodec.Write(recorded))
            .With("drift", drift);
    }

    private static MapValue WritePlacement(Site site, Vm vm) => Value.Map(
        ("site", Value.Text(site.Name)),
        ("host", vm.Host.TryGet(out var host) ? Value.Text(host) : Value.Null),
        ("vmId", Value.Text(vm.Id)),
        ("name", Value.Text(vm.Name)),
        ("powerState", Value.Text(vm.Power.ToString())),
        ("addresses", Value.List(vm.Addresses.Select(address => Value.Text(address)))));

    private static Value WriteTest(Stamp? home) => TestedNote.Read(home) is { } note
        ? Value.Map(
            ("at", Value.Text(note.At)),
            ("replicatedAt", Value.Text(note.Replica)),
            ("guest", Value.Text(note.Guest)),
            ("current", Value.Bool(TestedNote.IsUpToDate(home))),
            ("disks", ProofNote.Read(home![StampNotes.TestedProof]) is { IsEmpty: false } disks ? WriteDisks(disks) : Value.Null))
        : Value.Null;

    /// <summary>Those on disks that are there.</summary>
    private static Value WritePoints(Observation? seen) =>
        PointsNote.Read(seen?.Home?.Stamp) is { } note && seen!.PlacedDisks.Any(placed => placed.Site.Name == note.Site)
            ? Value.List(note.Points.Select(point => Value.Map(
                ("id", Value.Text(point.Id)), ("site", Value.Text(note.Site)), ("bytes", point.Bytes is { } bytes ? Value.Number(bytes) : Value.Null))))
            : Value.Null;

    private static Value WriteDisks(IEnumerable<DiskProof> disks) => Value.List(disks.Select(disk => Value.Map(
        ("disk", Value.Text(disk.Disk)),
        ("bytes", Value.Number(disk.LengthBytes)),
        ("sourceDigest", Value.Text(disk.SourceDigest)),
        ("targetDigest", Value.Text(disk.TargetDigest)))));

    private static Value WriteProof(Stamp? copy, Run? run)
    {
        var disks = ProofNote.Read(copy?[StampNotes.Proof]);
        if (disks.IsEmpty)
        {
            disks = run is { Proofs.Count: > 0 } ? [.. run.Proofs] : disks;
        }

        return disks.IsEmpty
            ? Value.Null
            : Value.Map(
                ("identical", Value.Bool(disks.All(disk => disk.SourceDigest == disk.TargetDigest))),
                ("disks", WriteDisks(disks)),
                ("guest", Value.Text(copy?[StampNotes.Guest] ?? run?.Guest)),
                ("at", Value.Text(copy?[StampNotes.Accepted] ?? run?.Now)));
    }

    private static Value Write(StepRecord step) => Value.Map(
        ("name", Value.Text(step.Name)),
        ("detail", Value.Text(step.Detail)),
        ("startedAt", Value.Text(Run.Instant(step.StartedAt))),
        ("seconds", Value.Number(Math.Round(step.Took.TotalSeconds, 2))));

    private static Value Old(MapValue? old, string key) => old?[key] ?? Value.Null;
}
