using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Switches off a copy that was started but never accepted, before the VM starts elsewhere.</summary>
internal sealed class StopStrayCopies : Step
{
    public override string Name => "stop copy";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => "switch off the copy that was started but not accepted";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var copy in run.Seen.StrayCopies.Where(copy => copy.Vm.Power != PowerState.Off))
        {
            if (copy.Vm.Stamp?[StampNotes.Live] is not null)
            {
                throw new PlatformException(
                    PlatformErrorKind.Refused, copy.Site.Name,
                    $"{copy.Vm.Name} came to {copy.Site.Name} with its memory and was not accepted yet, so what it has written there counts. Run with {copy.Site.Name} as the target first.");
            }

            await Proven.OffAsync(copy.Site, copy.Vm.Id, TimeSpan.Zero, cancellation);
        }

        return "no copy runs";
    }
}
