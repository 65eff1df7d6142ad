using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>The declaration names no recovery point any more: that one was gone back to is of no use now.</summary>
internal sealed class ForgetReturn : Step
{
    public override string Name => "forget return";

    public override MigrationPhase Phase => MigrationPhase.RollingBack;

    public override string Describe(Run run) => $"{run.Vm.Stamp?[StampNotes.WentBack]} can be gone back to again";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await SourceNotes.UpdateAsync(run.From, run.Vm.Id, run.MigrationId, stamp => stamp.With(StampNotes.WentBack, null), cancellation);
        return "no recovery point counts as gone back to";
    }
}
