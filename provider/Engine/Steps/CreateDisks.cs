using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Makes the target's disks, each of exactly the source's length, or finds those of an earlier run.</summary>
/// <remarks>Kept after a failure: the next run goes on with what has been copied.</remarks>
internal sealed class CreateDisks : Step
{
    public override string Name => "create disks";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override string Describe(Run run) =>
        $"{string.Join(", ", run.Vm.Disks.Select(disk => $"{disk.Name} {Human.Bytes(disk.LengthBytes.Or(0))}"))} in storage pool {run.Placement!.Pool} at {run.To.Name}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (run.Seen.Home is { } home)
        {
            await SourceNotes.UpdateAsync(run.Seen.HomeSite, home.Id, run.MigrationId, stamp => stamp.With(StampNotes.Sites, With(stamp[StampNotes.Sites], run.To.Name)), cancellation);
        }

        if (run.Seen.Current is not null)
        {
            // What is made from here on is no disk that the VM has lived on.
            await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.Moved, null), cancellation);
        }

        foreach (var disk in run.Vm.Disks)
        {
            var made = await run.To.EnsureDiskAsync(
                new DiskRequest(run.MigrationId, run.Placement!.Name, run.Placement.Pool, disk.Name, disk.LengthBytes.Value, run.From.Platform == run.To.Platform ? disk.Format.Or(null!) : null),
                cancellation);
            await RefuseForeignAsync(run, made, cancellation);
            run.Disks[disk.Name] = made;
        }

        return string.Join(", ", run.Disks.Values.Select(disk => disk.Location));
    }

    private static string With(string? sites, string name) =>
        string.Join(',', (sites ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Append(name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>A disk of ours may have become somebody's: a committed VM's, for one. Its content is not ours to change.</summary>
    private static async Task RefuseForeignAsync(Run run, TargetDisk made, CancellationToken cancellation)
    {
        if (made.Attached is { } id && await run.To.InspectAsync(id, cancellation) is { } holder
            && !(holder.Stamp is { Role: StampRole.Target } stamp && stamp.MigrationId == run.MigrationId))
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, run.To.Name,
                $"The disk {made.Location} at {run.To.Name} has our name but belongs to VM {holder.Name}, which is not ours. Rename or remove that disk, or choose another storage pool.");
        }
    }
}
