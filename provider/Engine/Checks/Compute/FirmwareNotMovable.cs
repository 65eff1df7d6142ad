using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Compute;

/// <summary>Firmware state outside the disks (UEFI variables, a TPM) is not copied yet.</summary>
/// <remarks>If ignored, the guest may find no boot entry, or lose keys sealed to its TPM. Facts: firmware kind, TPM.</remarks>
internal static class FirmwareNotMovable
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var at = PropertyPath.Of("vm");
        if (subject.Vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi)
        {
            yield return Finding.Error(
                "firmware.nvram", at,
                $"{subject.Vm.Name} boots by UEFI. Its variable store is a file beside its disks, which this version does not copy, so the guest may not find its boot entry.");
        }

        if (subject.Vm.Tpm.Or(false))
        {
            yield return Finding.Error(
                "crypt.tpm.present", at,
                $"{subject.Vm.Name} has a TPM. Its state is not copied by this version, so keys sealed to it would be lost. Unseal them and take the TPM away first.");
        }
    }
}
