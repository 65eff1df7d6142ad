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
        foreach (var disk in run.Vm.Disks)
        {
            run.Disks[disk.Name] = await run.To.EnsureDiskAsync(
                new DiskRequest(run.MigrationId, run.Placement!.Name, run.Placement.Pool, disk.Name, disk.LengthBytes.Value, disk.Format.Or(null!)),
                cancellation);
        }

        return string.Join(", ", run.Disks.Values.Select(disk => disk.Location));
    }
}
