using System.Collections.Frozen;
using VmMigrate.Engine.Checks.Cpu;
using VmMigrate.Engine.Checks.Devices;
using VmMigrate.Engine.Checks.Firmware;
using VmMigrate.Engine.Checks.Guest;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Checks of what <c>replatform</c> leaves behind: the system that the VM runs now, and the machine it runs on.</summary>
internal static class SystemChecks
{
    /// <summary>Single ones of groups that are about more than that.</summary>
    private static readonly string[] Others = ["crypt.tpm.present", "crypt.tpm.target", "crypt.luks-tpm-only", "crypt.boot-pin", "lic.os-byol", "lic.marketplace", "tools.target.agent", "tools.source.removal"];

    /// <summary>About a disk's content, which is carried.</summary>
    private static readonly string[] OfDisks = ["dev.pr"];

    private static readonly FrozenSet<string> Ids =
        CpuChecks.All.Concat(FirmwareChecks.All).Concat(GuestChecks.All).Concat(DevicesChecks.All).Select(check => check.Id).Concat(Others).Except(OfDisks).ToFrozenSet(StringComparer.Ordinal);

    internal static bool IsLeftOut(Check check, CheckSubject subject) => subject.Spec.Replatform is not null && Ids.Contains(check.Id);
}
