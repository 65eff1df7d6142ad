using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>How running VMs come to a host with their memory and disks.</summary>
/// <param name="Tls">Encrypted, by the certificates of both hosts' <c>qemu.conf</c>.</param>
/// <param name="Address">The host's name or address in the network for that; null: as its URI names it.</param>
internal sealed record LiveOptions(bool Tls, string? Address)
{
    internal static Field Field { get; } = new(
        "liveMigration",
        FieldType.Of(new ObjectType(
            "LibvirtLiveMigration",
            "How VMs that move live come to this host: QEMU connects to QEMU, apart from libvirt's own connection.",
            [
                new("tls", FieldType.Bool, "Whether memory and disks go over TLS. Both hosts need certificates for it (`migrate_tls_x509_cert_dir` or `default_tls_x509_cert_dir` in qemu.conf) that name the address.") { Default = Value.Bool(false) },
                new("address", FieldType.Text, "The host's name or address in the network for migrations, as the other host reaches it. Default: the host in the URI."),
            ])),
        "How VMs that move live come to this host.");

    internal static LiveOptions Read(Value block) => new(block["tls"].AsBool ?? false, block["address"].AsText);
}
