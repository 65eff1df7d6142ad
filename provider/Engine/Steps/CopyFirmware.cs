using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Takes along what a UEFI guest's firmware keeps outside its disks: boot entries, Secure Boot keys. To the target at a cutover, home on the way back; with the VM off on both sides.</summary>
/// <param name="home">The VM is to run at home next, not at the target.</param>
internal sealed class CopyFirmware(bool home) : Step
{
    public override string Name => "copy firmware";

    public override MigrationPhase Phase => home ? MigrationPhase.RollingBack : MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(0.5);

    public override string Describe(Run run) => $"the UEFI variables of {run.Name} from {run.From.Name} to {To(run, home).Name}, read back";

    /// <summary>Nothing where the guest boots by BIOS, or the platforms keep such variables in other ways: the check <c>firmware.nvram</c> tells of those.</summary>
    internal static Step[] For(Run run, bool home) =>
        run.Vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi && run.From.Platform == To(run, home).Platform && run.From.Capabilities.CarriesFirmware && To(run, home).Capabilities.CarriesFirmware
            ? [new CopyFirmware(home)]
            : [];

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (await run.From.ReadFirmwareAsync(run.Vm.Id, cancellation) is not { } variables)
        {
            return $"{run.Name} has kept no UEFI variables at {run.From.Name} yet";
        }

        var to = To(run, home);
        return await to.EnsureFirmwareAsync(home ? run.Seen.Home!.Id : run.CopyId!, run.MigrationId, variables, cancellation)
            ? $"{Human.Bytes(variables.Length)} of UEFI variables are at {to.Name}"
            : $"{to.Name} has no place for UEFI variables of {run.Name} yet: its firmware makes new ones";
    }

    private static Site To(Run run, bool home) => home ? run.Seen.HomeSite : run.To;
}
