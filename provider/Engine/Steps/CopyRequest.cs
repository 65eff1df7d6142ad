using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>What a target is asked to make of the VM: as placed, and with what is declared for its platform.</summary>
internal static class CopyRequest
{
    /// <param name="vm">The VM's shape; another than at the source where its guest was converted.</param>
    /// <param name="name">Null: as placed.</param>
    internal static VmRequest Of(Run run, Stamp stamp, Vm vm, IEnumerable<TargetDisk> disks, string? name = null)
    {
        var place = run.Placement!;
        return new VmRequest(stamp, vm, run.From.Platform, name ?? place.Name, place.Host, [.. disks], place.Networks)
        {
            Options = run.Spec.Target.For(run.To.Platform),
            Image = run.Spec.Replatform is { } replatform
                ? new ImageStart(replatform.Image, replatform.DataDisks.DistinctBy(disk => disk.Disk).ToImmutableDictionary(disk => disk.Disk, disk => disk.Device, StringComparer.Ordinal))
                : null,
        };
    }

    /// <summary>The stamp of a copy that the VM is to live in.</summary>
    internal static Stamp Stamp(Run run) => new Stamp(run.MigrationId, StampRole.Target)
        .With(StampNotes.WasRunning, run.WasRunning ? "true" : "false")
        .With(StampNotes.WentBack, run.Point is { IsDone: true } ? run.WentBack : null)
        .With(StampNotes.Replatformed, run.Spec.Replatform?.Note)
        .With(StampNotes.Owner, run.Spec.Owner.Length > 0 ? run.Spec.Owner : null);
}
