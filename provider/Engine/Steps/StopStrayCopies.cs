using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>Switches off a copy that was started but never accepted, before the VM starts at home.</summary>
internal sealed class StopStrayCopies : Step
{
    public override string Name => "stop copy";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => "switch off the copy that was started but not accepted";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        foreach (var copy in run.Seen.Copies.Where(copy => copy.Vm.Power != PowerState.Off))
        {
            await copy.Site.EnsureOffAsync(copy.Vm.Id, TimeSpan.Zero, force: true, cancellation);
        }

        return "no copy runs";
    }
}
