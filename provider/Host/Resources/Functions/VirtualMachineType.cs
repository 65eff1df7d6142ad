using VmMigrate.Engine.Schema;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>Facts of a VM as functions return them.</summary>
internal static class VirtualMachineType
{
    internal static ObjectType Disk { get; } = new(
        "VirtualDisk",
        "A disk of a VM.",
        [
            new("name", FieldType.Text, "Its name at the platform, such as `vda`.") { AlwaysSet = true },
            new("bus", FieldType.Text, "How the guest sees it: `virtio`, `scsi`, `sata`, `ide`, ..."),
            new("format", FieldType.Text, "`raw`, `qcow2`, ..."),
            new("path", FieldType.Text, "Where it lies at its host."),
            new("storagePool", FieldType.Text, "The pool that holds it, if any."),
            new("bytes", FieldType.Number, "Its length as the guest sees it."),
            new("allocatedBytes", FieldType.Number, "What it takes at its storage."),
        ]);

    internal static ObjectType Nic { get; } = new(
        "NetworkCard",
        "A network card of a VM.",
        [
            new("mac", FieldType.Text, "Its hardware address.") { AlwaysSet = true },
            new("model", FieldType.Text, "How the guest sees it."),
            new("network", FieldType.Text, "The network it is on, as `target.networks` names it; `user` for the hypervisor's own user-mode network."),
        ]);

    internal static ObjectType Type { get; } = new(
        "VirtualMachine",
        "Facts of a VM at a site. What could not be seen is absent.",
        [
            new("id", FieldType.Text, "Its id at the site.") { AlwaysSet = true },
            new("name", FieldType.Text, "Its name.") { AlwaysSet = true },
            new("site", FieldType.Text, "The site.") { AlwaysSet = true },
            new("host", FieldType.Text, "The host it is on."),
            new("powerState", FieldType.Text, "`Running`, `Off`, `Paused` or `Other`.") { AlwaysSet = true },
            new("cpus", FieldType.Integer, "Virtual CPUs."),
            new("memoryBytes", FieldType.Number, "Memory."),
            new("firmware", FieldType.Text, "`Bios` or `Uefi`."),
            new("machine", FieldType.Text, "The virtual hardware's version, such as `pc-i440fx-7.2`."),
            new("architecture", FieldType.Text, "Such as `x86_64`."),
            new("disks", FieldType.ListOf(FieldType.Of(Disk)), "Its disks.") { AlwaysSet = true },
            new("networkCards", FieldType.ListOf(FieldType.Of(Nic)), "Its network cards.") { AlwaysSet = true },
            new("guestAgent", FieldType.Bool, "Whether the guest's agent answers."),
            new("guestOs", FieldType.Text, "What the guest's agent says it is."),
            new("addresses", FieldType.ListOf(FieldType.Text), "The guest's addresses as its agent tells them.") { AlwaysSet = true },
            new("migrationId", FieldType.Text, "The stamp of the migration that holds it, if any."),
        ]);

    internal static FunctionType GetVirtualMachine { get; } = new(
        "getVirtualMachine",
        "Facts of one VM at a site.",
        new(
            "GetVirtualMachineArgs",
            "Which VM.",
            [
                new("site", FieldType.Text, "Name of the site in the provider's config.") { Required = true },
                new("name", FieldType.Text, "The VM's name."),
                new("id", FieldType.Text, "The VM's id."),
            ])
        {
            ExactlyOne = [["name", "id"]],
        },
        new(
            "GetVirtualMachineResult",
            "The VM.",
            [new("virtualMachine", FieldType.Of(Type), "Its facts.") { AlwaysSet = true }]));

    internal static FunctionType ListVirtualMachines { get; } = new(
        "listVirtualMachines",
        "Facts of the VMs at a site.",
        new(
            "ListVirtualMachinesArgs",
            "Which VMs.",
            [
                new("site", FieldType.Text, "Name of the site in the provider's config.") { Required = true },
                new("namePattern", FieldType.Text, "Only VMs whose name fits, with `*` and `?` as wildcards. Default: all."),
            ]),
        new(
            "ListVirtualMachinesResult",
            "The VMs.",
            [new("virtualMachines", FieldType.ListOf(FieldType.Of(Type)), "In order of their names.") { AlwaysSet = true }]));
}
