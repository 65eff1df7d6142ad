using System.Runtime.CompilerServices;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Libvirt.Relay;

/// <summary>What is declared about a relay on a far host.</summary>
/// <param name="Folder">Where the program is copied to; null: the account's cache folder.</param>
/// <param name="Program">One that is installed there; nothing is copied then.</param>
internal sealed record RelayOptions(string? Folder, string? Program)
{
    internal static Field Field { get; } = new(
        "relay",
        FieldType.Of(new ObjectType(
            "LibvirtRelay",
            "A helper on a host that is reached by ssh: this provider's own program, which reads and digests disks there, so that only blocks that differ cross the link, packed with zstd where that pays.",
            [
                new("allow", FieldType.Bool, "Whether the provider may copy its program to the host when it is not there (it is removed again at the end) and run it, as the account that ssh uses.") { Default = Value.Bool(false) },
                new("folder", FieldType.Text, "The folder on the host that the program is copied to, where programs may be run. Without it: `~/.cache`."),
                new("program", FieldType.Text, "The path of a `vmmigrate` of the same version that is installed on the host. It is used in place of a copy."),
            ])),
        "Lets a helper run on the host, which sends less over the link. Only for `qemu+ssh://`.");

    /// <summary>What is copied: this very program, where it is one file that runs by itself.</summary>
    internal string? LocalProgram { get; init; } = RuntimeFeature.IsDynamicCodeSupported ? null : Environment.ProcessPath;

    /// <returns>Null where no relay is allowed.</returns>
    internal static RelayOptions? Read(Value block) =>
        block["allow"].AsBool == true ? new RelayOptions(block["folder"].AsText, block["program"].AsText) : null;
}
