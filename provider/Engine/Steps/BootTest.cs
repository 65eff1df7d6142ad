using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Boots a throw-away clone of the replicated disks at the target, linked to no network, while the source runs on.</summary>
internal sealed class BootTest : Step
{
    public override string Name => "boot test clone";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(3);

    public override string Describe(Run run) =>
        $"{CloneName(run)} at {run.To.Name} on throw-away clones of {string.Join(", ", run.Vm.Disks.Select(disk => $"{disk.Name} {Human.Bytes(disk.LengthBytes.Or(0))}"))}, "
        + "with another identity and hardware addresses, linked to no network; the copies themselves stay as they are";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var disks = await run.To.FindStampedDisksAsync(run.MigrationId, cancellation);
        run.CloneId = await run.To.EnsureTestCloneAsync(
            CopyRequest.Of(run, new Stamp(run.MigrationId, StampRole.Test), run.Vm, run.Vm.Disks.Select(disk => disks.Single(made => made.DiskName == disk.Name)), CloneName(run)), cancellation);
        await run.To.EnsureRunningAsync(run.CloneId, cancellation);
        return $"{CloneName(run)} was started at {run.To.Name}";
    }

    public override Task UndoAsync(Run run, CancellationToken cancellation) => run.To.EnsureTestClonesRemovedAsync(run.MigrationId, cancellation);

    /// <summary>No VM's name is this one by accident.</summary>
    private static string CloneName(Run run) => $"{run.Placement!.Name}-test-{run.MigrationId[^8..]}";
}
