using System.Collections.Immutable;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Contracts;

/// <summary>
/// One declared site: a connection that opens itself at first use and again after a loss. Every method may throw
/// <see cref="PlatformException"/>. Safe for calls from several threads.
/// </summary>
/// <remarks>
/// Methods named <c>Ensure...</c> bring about a state and may be repeated at any time: twice equals once, and repeating one that was
/// killed half-way completes it. Methods named <c>Find...</c>, <c>List...</c>, <c>Describe...</c> and <c>Inspect...</c> only read.
/// </remarks>
public abstract partial class Site : IAsyncDisposable
{
    protected Site(string name) => Name = name;

    /// <summary>The site's name in the provider's config.</summary>
    public string Name { get; }

    /// <summary>The platform's key, such as <c>libvirt</c>.</summary>
    public abstract string Platform { get; }

    /// <summary>Where it is, for messages: the URI or address without credentials.</summary>
    public abstract string Where { get; }

    public abstract Capabilities Capabilities { get; }

    /// <summary>Hosts, pools, networks, and the names of all VMs.</summary>
    public abstract Task<SiteFacts> DescribeAsync(CancellationToken cancellation);

    /// <summary>All facts of the VMs whose name is <paramref name="name"/>: none, one, or several where the platform allows that.</summary>
    public abstract Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation);

    /// <summary>
    /// All facts of one VM; null when there is none with this id. A VM with our fence is reported as it was before the fence (name, disks,
    /// definition), but for its power state and its stamp.
    /// </summary>
    public abstract Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation);

    /// <summary>A VM's stamp alone; null when it has none, or there is no such VM. Within a downtime it counts that this asks neither the guest nor for anything else.</summary>
    public virtual async Task<Stamp?> FindStampAsync(string vmId, CancellationToken cancellation) => (await InspectAsync(vmId, cancellation))?.Stamp;

    /// <summary>All VMs in order of their names. Facts that cost a call to each guest (agent, addresses) may be unknown.</summary>
    public abstract IAsyncEnumerable<Vm> ListAsync(CancellationToken cancellation);

    /// <summary>The VMs that carry this migration's stamp. Disks without a VM are found by <see cref="FindStampedDisksAsync"/>.</summary>
    public abstract Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation);

    /// <summary>Disks that <see cref="EnsureDiskAsync"/> made for this migration.</summary>
    public abstract Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation);

    /// <summary>Writes the stamp on the VM, in place of an earlier one; null removes it.</summary>
    public abstract Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation);

    /// <summary>The VM runs, and its file systems are not frozen by us. A fenced VM is refused with <see cref="PlatformErrorKind.Refused"/>.</summary>
    public abstract Task EnsureRunningAsync(string vmId, CancellationToken cancellation);

    /// <summary>
    /// The VM is off: asks the guest (agent, then ACPI), waits up to <paramref name="patience"/>, and switches it off only when
    /// <paramref name="force"/> is set; else throws <see cref="PlatformErrorKind.TimedOut"/> with the guest still running.
    /// </summary>
    public abstract Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation);

    // --- Source role ---

    /// <summary>
    /// The VM cannot start by itself, and a start by hand is refused or at least seen by <see cref="InspectFenceAsync"/>. The fence is a fact on
    /// the platform that survives us. What it changed is kept on the platform, so that <see cref="EnsureUnfencedAsync"/> restores it exactly.
    /// </summary>
    public abstract Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation);

    /// <summary>The fence is gone and the VM is as it was before it; off. Does nothing to a VM without our fence.</summary>
    public abstract Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation);

    public abstract Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation);

    /// <summary>Opens the content of a disk of a VM that is off, for reading, or also for writing (the way back).</summary>
    public abstract Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation);

    /// <summary>The VM and its disks are gone. Only for commit (source) and for removing a copy (target); the VM must be off.</summary>
    public abstract Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation);

    // --- Target role ---

    /// <summary>A disk of exactly this length exists for the migration, stamped, filled with zeroes where nothing was written. Found again by a later run.</summary>
    public abstract Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation);

    /// <summary>Opens such a disk for writing and reading back.</summary>
    public abstract Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation);

    /// <summary>A disk that <see cref="EnsureDiskAsync"/> made is gone; one that belongs to a VM by now is refused.</summary>
    public abstract Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation);

    /// <summary>A VM that is off and stamped exists with the source's shape on these disks. Repeating it with the same request changes nothing.</summary>
    /// <returns>Its id.</returns>
    public abstract Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation);

    /// <summary>The VM's definition is gone, its disks stay. The VM must be off and carry the stamp.</summary>
    public abstract Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation);

    /// <summary>What the site has made beside the migration's VMs and disks, and what hung on VMs that are gone or on their way, is gone as well. What belongs to a VM that is still there is left alone.</summary>
    public virtual Task EnsureNothingLeftAsync(string migrationId, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>True when the guest's agent answers a ping within a second or so.</summary>
    public abstract Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation);

    /// <summary>
    /// What the serial console has shown since the VM's present start; null where the platform or the VM's definition gives no way to see it.
    /// </summary>
    public abstract Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();

    /// <summary>What an optional ability throws where the driver lacks it. Preview asks <see cref="Capabilities"/> first, so no user should see it.</summary>
    protected PlatformException Lacks(string ability) =>
        new(PlatformErrorKind.Unsupported, Name, $"The {Platform} driver cannot {ability}.");
}
