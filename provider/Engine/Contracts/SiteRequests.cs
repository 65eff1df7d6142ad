using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Contracts;

/// <summary>What a platform can do, so that preview speaks before a step fails.</summary>
public sealed record Capabilities
{
    /// <summary>VMs here can be moved away.</summary>
    public bool Source { get; init; } = true;

    /// <summary>Why not, for people, where <see cref="Source"/> is false.</summary>
    public string? WhyNotSource { get; init; }

    /// <summary>VMs can be moved here.</summary>
    public bool Target { get; init; } = true;

    /// <summary>Why not, for people, where <see cref="Target"/> is false.</summary>
    public string? WhyNotTarget { get; init; }

    /// <summary>Keys of the other platforms whose VMs can be defined here.</summary>
    public ImmutableArray<string> TakesFrom { get; init; } = [];

    /// <summary>Changed blocks of a running VM can be read.</summary>
    public bool ChangedBlockTracking { get; init; }

    /// <summary>The content of a disk is taken only whole: a round that has something of a disk sends all of it again.</summary>
    public bool TakesWholeDisks { get; init; }

    /// <summary>Why a running guest's file systems cannot be frozen for a checkpoint here, so that one is as after a power cut; null where they can.</summary>
    public string? WhyNoQuiesce { get; init; }

    /// <summary>A running VM can be switched off with its file systems frozen (<see cref="Site.EnsureOffFrozenAsync"/>).</summary>
    public bool SwitchesOffFrozen { get; init; }

    /// <summary>A running VM's writes can be held back (<see cref="Site.EnsureSlowedAsync"/>).</summary>
    public bool HoldsWritesBack { get; init; }

    /// <summary>As the source of a live move: a guest that writes too fast may change sides before all its memory has come (<see cref="LiveRequest.PostCopy"/>).</summary>
    public bool PostCopies { get; init; }

    /// <summary>Why a VM that is made here cannot keep its hardware addresses; null where it can.</summary>
    public string? WhyNoHardwareAddresses { get; init; }

    /// <summary>Why no throw-away clone of copied disks can be booted here (<see cref="Site.EnsureTestCloneAsync"/>); null where it can.</summary>
    public string? WhyNoTestBoot { get; init; } = "its driver cannot boot a clone of copied disks";

    /// <summary>What of a VM that is off can be put back (<see cref="Site.EnsureShapedAsync"/>).</summary>
    public VmAspects ChangesOff { get; init; }

    /// <summary>The same of a VM that runs, while it runs.</summary>
    public VmAspects ChangesRunning { get; init; }

    /// <summary>A VM can be made of an image of the platform with copied disks beside it (<see cref="VmRequest.Image"/>).</summary>
    public bool StartsFromImages { get; init; }

    /// <summary>A VM's UEFI variables can be carried to another site of the same platform (<see cref="Site.ReadFirmwareAsync"/>).</summary>
    public bool CarriesFirmware { get; init; }

    /// <summary>A VM can be put away at commit (<see cref="Site.EnsureArchivedAsync"/>).</summary>
    public bool Archives { get; init; }

    /// <summary>Memory can move between two sites with the same non-null family.</summary>
    public string? LiveFamily { get; init; }
}

public enum FenceState
{
    /// <summary>There is no fence of ours.</summary>
    None,

    /// <summary>The fence stands and the VM is off.</summary>
    Standing,

    /// <summary>Somebody started the VM in spite of the fence, or took a part of it away.</summary>
    Broken,
}

/// <param name="MigrationId">Stamp.</param>
/// <param name="VmName">The VM's name at the target, for readable names of disks.</param>
/// <param name="DiskName">Such as <c>vda</c>.</param>
/// <param name="LengthBytes">Exact length.</param>
/// <param name="Format">The format to make where the platform has several; null: the platform's usual one.</param>
public sealed record DiskRequest(string MigrationId, string VmName, string Pool, string DiskName, long LengthBytes, string? Format);

/// <summary>A disk made for a migration.</summary>
/// <param name="Location">In the platform's words (libvirt: a path).</param>
/// <param name="Attached">The id of the VM that it belongs to by now, if any.</param>
public sealed record TargetDisk(string MigrationId, string DiskName, string Pool, string Location, long LengthBytes, string Format, string? Attached)
{
    /// <summary>Made by this very call, so that it reads as zeroes everywhere. False where that is not certain.</summary>
    public bool IsNew { get; init; }
}

/// <param name="Stamp">Role Target.</param>
/// <param name="Source">The VM as it was inspected at the source (its <see cref="Vm.NativeDefinition"/> for the same platform).</param>
/// <param name="SourcePlatform">The key of the platform that wrote <see cref="Vm.NativeDefinition"/>.</param>
/// <param name="Networks">From each NIC's network at the source to the target's.</param>
public sealed record VmRequest(
    Stamp Stamp,
    Vm Source,
    string SourcePlatform,
    string Name,
    string? Host,
    ImmutableArray<TargetDisk> Disks,
    ImmutableDictionary<string, string> Networks)
{
    /// <summary>The VM starts from an image and <see cref="Disks"/> are beside it (<see cref="Capabilities.StartsFromImages"/>); null: it starts from the first disk.</summary>
    public ImageStart? Image { get; init; }

    /// <summary>The declaration's block for the target's platform, checked (<see cref="PlatformType.TargetBlock"/>); empty where there is none.</summary>
    public MapValue Options { get; init; } = Value.EmptyMap;
}

/// <summary>An open disk. Disposing it ends every process and lock that opening it took; the data is flushed before.</summary>
public abstract class DiskAccess : IAsyncDisposable
{
    /// <summary>Asked before a server of the disk that was lost is started again; throws where it must not be, since another run drives the migration by now.</summary>
    public Func<CancellationToken, Task> MayReopen { get; set; } = static _ => Task.CompletedTask;

    public abstract long LengthBytes { get; }

    /// <summary>How the data is reached and how fast that kind of way is, for preview and reports, such as <c>NBD over a unix socket</c>.</summary>
    public abstract string Description { get; }

    /// <summary>What slows the copy down just now that is no failure (a service's throttling), for the progress line; null: nothing.</summary>
    public virtual string? Notice => null;

    /// <summary>A reader of the disk's content as it is now. The caller disposes it.</summary>
    public abstract BlockReader OpenReader();

    /// <summary>A writer; throws <see cref="InvalidOperationException"/> when the disk was opened for reading only. The caller disposes it.</summary>
    public abstract BlockWriter OpenWriter();

    /// <summary>
    /// Where the map is kept that lets a killed copy to this disk go on: beside the disk, on its platform, so that any runner finds it. Usable while the disk is open. Who removes the disk
    /// removes it too. Null where there is no place for it, or the disk is open for reading only: a repeat then compares.
    /// </summary>
    public virtual ResumeStore? Resume => null;

    public abstract ValueTask DisposeAsync();
}
