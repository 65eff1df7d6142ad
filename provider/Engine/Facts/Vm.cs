using System.Collections.Immutable;

namespace VmMigrate.Engine.Facts;

public enum PowerState
{
    Off,
    Running,
    Paused,

    /// <summary>Suspended to disk, crashed, shutting down, or a state that the platform has no common word for.</summary>
    Other,
}

public enum FirmwareKind
{
    Bios,
    Uefi,
}

/// <summary>A VM as its platform reports it. Sizes in bytes.</summary>
public sealed record Vm : IFactHolder
{
    /// <summary>The id that the site's calls take (libvirt: the UUID).</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required PowerState Power { get; init; }

    /// <summary>The platform's own word for the power state, for messages.</summary>
    public string PowerDetail { get; init; } = "";

    /// <summary>It has changed sides before all its memory had come (post-copy), and that is not over: it runs at its target, and what has not come yet is here.</summary>
    public bool IsSplit { get; init; }

    /// <summary>It is off because its hypervisor's process or host has gone, by nobody's order; only where the platform tells.</summary>
    public bool Crashed { get; init; }

    /// <summary>The identity that the guest sees (SMBIOS UUID), which a move keeps.</summary>
    public Fact<string> Uuid { get; init; }

    /// <summary>Where it stands in the platform's inventory, such as `/DC0/vm/web/web-01`; null where the platform has no such order.</summary>
    public string? Path { get; init; }

    public Fact<string> Host { get; init; }

    public Fact<int> Cpus { get; init; }

    public Fact<long> MemoryBytes { get; init; }

    public Fact<FirmwareKind> Firmware { get; init; }

    public Fact<bool> SecureBoot { get; init; }

    public Fact<bool> Tpm { get; init; }

    /// <summary>Virtual hardware version, such as <c>pc-i440fx-7.2</c>.</summary>
    public Fact<string> Machine { get; init; }

    /// <summary>Such as <c>x86_64</c>.</summary>
    public Fact<string> Architecture { get; init; }

    /// <summary><c>kvm</c>, <c>qemu</c> (emulated), <c>vmx</c>, ...</summary>
    public Fact<string> Hypervisor { get; init; }

    /// <summary>The CPU model as declared: <c>host-passthrough</c>, a name, or empty for the platform's default.</summary>
    public Fact<string> CpuModel { get; init; }

    public ImmutableArray<Disk> Disks { get; init; } = [];

    public ImmutableArray<Nic> Nics { get; init; } = [];

    /// <summary>Devices that tie the VM to its host or that a move may lose: passthrough, shared folders, ...</summary>
    public ImmutableArray<SpecialDevice> SpecialDevices { get; init; } = [];

    /// <summary>False where the platform does not tell its devices, so that none is no answer.</summary>
    public bool DevicesSeen { get; init; } = true;

    public Fact<int> Snapshots { get; init; }

    public Fact<bool> Autostart { get; init; }

    /// <summary>Unknown where nobody has asked the agent, such as in a list.</summary>
    public Fact<bool> AgentAnswers { get; init; }

    public Fact<string> GuestOs { get; init; }

    /// <summary>The guest's addresses without loopback, as its agent tells them.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>What a migration of ours wrote on it; null when none did.</summary>
    public Contracts.Stamp? Stamp { get; init; }

    /// <summary>A running job or task that holds the VM, in the platform's words.</summary>
    public Fact<string> BusyWith { get; init; }

    /// <summary>The platform's own definition (libvirt: the domain's XML). Only its own driver reads it.</summary>
    public string? NativeDefinition { get; init; }

    public FactSet Observed { get; init; } = FactSet.Empty;
}

/// <summary>A disk of a VM. Removable media without content is no disk.</summary>
public sealed record Disk : IFactHolder
{
    /// <summary>Unique in its VM and the same on both sides, such as <c>vda</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where its content lies, in the platform's words (libvirt: a path).</summary>
    public required string Location { get; init; }

    public Fact<string> Bus { get; init; }

    /// <summary><c>raw</c>, <c>qcow2</c>, ...</summary>
    public Fact<string> Format { get; init; }

    public Fact<string> Pool { get; init; }

    /// <summary>Length as the guest sees it.</summary>
    public Fact<long> LengthBytes { get; init; }

    /// <summary>What it takes at its storage.</summary>
    public Fact<long> AllocatedBytes { get; init; }

    public bool ReadOnly { get; init; }

    public bool Shared { get; init; }

    /// <summary>False where the platform does not tell whether a disk is shared.</summary>
    public bool SharingSeen { get; init; } = true;

    /// <summary>A floppy, a CD-ROM with a medium, or a disk.</summary>
    public string Device { get; init; } = "disk";

    public Fact<bool> Encrypted { get; init; }

    /// <summary>Images that this one rests on, nearest first.</summary>
    public ImmutableArray<string> BackingChain { get; init; } = [];

    /// <summary>False where its content is no file or volume that the driver can read.</summary>
    public bool Readable { get; init; } = true;

    /// <summary>Why it cannot be written to where it is, so that no way back could bring changes home; null where it can.</summary>
    public string? WhyNotWritable { get; init; }

    public FactSet Observed { get; init; } = FactSet.Empty;
}

public sealed record Nic : IFactHolder
{
    public required string Mac { get; init; }

    public Fact<string> Model { get; init; }

    /// <summary>The network's name as mappings use it; <c>user</c> for the hypervisor's own user-mode network, which every host of the platform has.</summary>
    public Fact<string> Network { get; init; }

    /// <summary>How it is attached: <c>network</c>, <c>bridge</c>, <c>user</c>, <c>direct</c>, <c>hostdev</c>, ...</summary>
    public string Attachment { get; init; } = "network";

    public FactSet Observed { get; init; } = FactSet.Empty;
}

/// <param name="Kind">Such as <c>hostdev-pci</c>, <c>filesystem</c>, <c>tpm</c>, <c>shmem</c>.</param>
public sealed record SpecialDevice(string Kind, string Description);
