using System.Security.Cryptography;
using System.Text;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Driving;

/// <summary>The ids of a migration, made from the declaration alone, so that any runner finds what an earlier one left.</summary>
public static class MigrationId
{
    /// <summary>The id the engine keeps, which is also what import takes: <c>site/vm</c>.</summary>
    public static string ResourceId(VmReference vm) => $"{vm.Site}/{vm.Label}";

    /// <summary>The stamp: <c>vmm-</c> and 16 hex digits. The same for the same site and VM reference, for ever.</summary>
    public static string Stamp(string resourceId) =>
        "vmm-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("vmmigrate/1/" + resourceId)).AsSpan(0, 8));

    public static string Stamp(VmReference vm) => Stamp(ResourceId(vm));
}
