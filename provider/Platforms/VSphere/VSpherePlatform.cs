using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.VSphere;

/// <summary>VMware vSphere: a vCenter, or one ESXi host without one.</summary>
public sealed class VSpherePlatform : PlatformType
{
    public override string Key => VSphereSite.Key;

    public override ObjectType Block { get; } = new(
        "VSphereSite",
        "A VMware vCenter with its hosts, or one ESXi host without one (vSphere 6.5 to 8).",
        [
            new("server", FieldType.Text, "The vCenter or ESXi host: a name or address, with a port where it is not 443, or the URL of its SDK: `vc1.example.com`, `10.0.0.5:8443`, `https://vc1.example.com/sdk`.") { Required = true },
            new("user", FieldType.Text, "The account, such as `migrate@vsphere.local`."),
            new("password", FieldType.Text, "The account's password.") { Secret = true },
            new("sessionToken", FieldType.Text, "An open session in place of user and password: the value of its cookie `vmware_soap_session`. It is not ended, and not renewed when it ends.") { Secret = true },
            new("caFile", FieldType.Text, "A PEM file with the authorities that sign the server's certificate, where this machine does not trust them already."),
            new("thumbprint", FieldType.Text, "The SHA-256 thumbprint of the server's own certificate, in hex with or without colons. Then this certificate is taken and no other."),
            new("folder", FieldType.Text, "Inventory path of the folder for VMs that are moved here, such as `/DC0/vm/moved`. Default: the datacenter's VM folder."),
            new("resourcePool", FieldType.Text, "Inventory path of the resource pool for VMs that are moved here, such as `/DC0/host/Cluster/Resources/moved`. Default: the one of the host's cluster."),
            new("enableChangeTracking", FieldType.Bool, "Whether changed-block tracking may be switched on for a VM that lacks it, which warm moves need. It takes a snapshot that stuns a running VM for a moment."),
            new("vddkLibrary", FieldType.Text, "The folder of VMware's Virtual Disk Development Kit, for `nbdkit vddk`: the fastest way to read and write disks. It is not shipped with this provider."),
        ]);

    public override IEnumerable<Finding> Check(MapValue block, PropertyPath at)
    {
        if (block["server"].AsText is { } server && VSphereAddress.ParseServer(server) is null)
        {
            yield return Finding.Error(
                "input.malformed-server",
                at.Child("server"),
                "This is no address of a vCenter or ESXi host. Write its name, with a port where it is not 443, or https://NAME/sdk; no user or password in it.");
        }

        if (block["thumbprint"].AsText is { } thumbprint && VSphereAddress.ParseThumbprint(thumbprint) is null)
        {
            yield return Finding.Error(
                "input.malformed-thumbprint",
                at.Child("thumbprint"),
                "This is no SHA-256 thumbprint: 64 hex digits, with or without colons. A SHA-1 thumbprint (40 digits) is not safe any more; "
                + "get the other by: openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256");
        }

        if (!Present(block, "sessionToken") && (!Present(block, "user") || !Present(block, "password")))
        {
            yield return Finding.Error(
                "input.missing-credentials",
                at,
                "A vSphere site is entered with user and password, or with sessionToken. Neither pair is complete here.");
        }
    }

    public override Site Open(string siteName, MapValue block, TimeProvider time) => new VSphereSite(
        siteName,
        new VSphereAddress
        {
            Sdk = VSphereAddress.ParseServer(block["server"].AsText!)!,
            User = block["user"].AsText,
            Password = block["password"].AsText,
            SessionToken = block["sessionToken"].AsText,
            CaFile = block["caFile"].AsText,
            Thumbprint = block["thumbprint"].AsText is { } thumbprint ? VSphereAddress.ParseThumbprint(thumbprint) : null,
            Folder = block["folder"].AsText,
            ResourcePool = block["resourcePool"].AsText,
            EnableChangeTracking = block["enableChangeTracking"].AsBool ?? false,
            VddkLibrary = block["vddkLibrary"].AsText,
        },
        time);

    /// <summary>Given, or still unknown: then a later check sees it.</summary>
    private static bool Present(MapValue block, string name) => block[name] is not NullValue;
}
