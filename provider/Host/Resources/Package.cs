using VmMigrate.Engine.Schema;
using VmMigrate.Host.Resources.Functions;
using VmMigrate.Host.Resources.Migration;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources;

/// <summary>The whole product surface. A new resource or function is one line here.</summary>
internal static class Package
{
    internal const string Version = "0.1.0";

    internal static Field SshKeysField { get; } = new(
        "sshKeys", FieldType.MapOf(FieldType.Text), "Private keys by name, in the form of OpenSSH's files without a passphrase, for probes that run a command in the guest.")
    {
        Secret = true,
    };

    internal static PackageModel Model { get; } = new(
        "vmmigrate",
        Version,
        "VM Migrate",
        "Moves virtual machines between platforms as declared resources: previewed, proven, reversible.",
        Config:
        [
            PlatformTable.SitesField, SshKeysField, .. CopyLimitsConfig.Fields,
            PolicyType.Field("Thresholds of preview for all migrations; a migration's own `policy` goes before them."),
        ],
        Resources: [MigrationType.Type],
        Functions: [VirtualMachineType.GetVirtualMachine, VirtualMachineType.ListVirtualMachines, PreflightType.GetPreflight, PreflightType.GetEstimate]);
}
