using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Libvirt.Relay;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>KVM and QEMU hosts run by libvirt.</summary>
public sealed class LibvirtPlatform : PlatformType
{
    public override string Key => "libvirt";

    public override ObjectType Block { get; } = new(
        "LibvirtSite",
        "A KVM or QEMU host run by libvirt.",
        [
            new("uri", FieldType.Text, "libvirt's connection URI: `qemu:///system`, `qemu+ssh://root@kvm1/system`, `qemu+unix:///session?socket=/path`, `qemu+tls://kvm1/system`, ...") { Required = true },
            RelayOptions.Field,
            LiveOptions.Field,
        ]);

    public override IEnumerable<Finding> Check(MapValue block, PropertyPath at)
    {
        if (block["uri"].AsText is { } uri && !(Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Scheme.Split('+')[0] == "qemu"))
        {
            yield return Finding.Error(
                "input.malformed-uri",
                at.Child("uri"),
                "This is no libvirt URI of a QEMU host. It starts with qemu:, such as \"qemu:///system\" or \"qemu+ssh://root@kvm1/system\".");
        }
    }

    public override Site Open(string siteName, MapValue block, TimeProvider time) =>
        new LibvirtSite(siteName, block["uri"].AsText!, time, RelayOptions.Read(block["relay"])) { Arrivals = LiveOptions.Read(block["liveMigration"]) };
}
