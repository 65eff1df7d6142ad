using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Driving;

/// <summary>A site as one run sees it: before every writing call the run's lease is looked at, so that a run that was taken over writes nothing more.</summary>
/// <remarks>A test sees to it that no member of <see cref="Site"/> is left out here.</remarks>
internal sealed class LeasedSite(Site site, HeldLease lease) : Site(site.Name)
{
    public override string Platform => site.Platform;

    public override string Where => site.Where;

    public override Task<double?> ProbeLinkAsync(LinkDirection direction, CancellationToken cancellation) => site.ProbeLinkAsync(direction, cancellation);

    public override Task<TargetPreview> PreviewDefinedAsync(VmRequest request, CancellationToken cancellation) => site.PreviewDefinedAsync(request, cancellation);

    public override string? DescribeAccess(Disk? disk, string? format) => site.DescribeAccess(disk, format);

    public override IReadOnlyList<PlatformGate> GatesOf(MapValue options) => site.GatesOf(options);

    public override Capabilities Capabilities => site.Capabilities;

    public override bool KeepsLeases => site.KeepsLeases;

    public override Task<ImmutableArray<string>> EndLateServersAsync(string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EndLateServersAsync(migrationId, cancellation), cancellation);

    // --- Reading ---

    public override Task<SiteFacts> DescribeAsync(CancellationToken cancellation) => site.DescribeAsync(cancellation);

    public override Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation) => site.FindByNameAsync(name, cancellation);

    public override Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) => site.InspectAsync(vmId, cancellation);

    public override Task<Stamp?> FindStampAsync(string vmId, CancellationToken cancellation) => site.FindStampAsync(vmId, cancellation);

    public override IAsyncEnumerable<Vm> ListAsync(CancellationToken cancellation) => site.ListAsync(cancellation);

    public override Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation) => site.FindStampedAsync(migrationId, cancellation);

    public override Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation) => site.FindStampedDisksAsync(migrationId, cancellation);

    public override Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation) => site.InspectFenceAsync(vmId, migrationId, cancellation);

    public override Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation) => site.LookAtStampedDisksAsync(cancellation);

    public override Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation) => site.PingAgentAsync(vmId, cancellation);

    public override Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation) => site.ReadConsoleAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        site.FindCheckpointsAsync(vmId, migrationId, cancellation);

    public override Task<long?> MeasureChangedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        site.MeasureChangedAsync(vmId, migrationId, checkpoint, cancellation);

    public override Task<ReadOnlyMemory<byte>?> ReadFirmwareAsync(string vmId, CancellationToken cancellation) => site.ReadFirmwareAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>?> FindMissingRightsAsync(RightsRequest request, CancellationToken cancellation) =>
        site.FindMissingRightsAsync(request, cancellation);

    public override Task<ImmutableArray<string>> FindLiveBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        site.FindLiveBlockersAsync(vmId, Bare(to), cancellation);

    public override Task<PostCopyAbility> FindPostCopyBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        site.FindPostCopyBlockersAsync(vmId, Bare(to), cancellation);

    public override GuestConversion? ConversionFrom(string platform) => site.ConversionFrom(platform);

    public override bool Relocates(Site to) => site.Relocates(Bare(to));

    public override Task<string> DescribeWhereAsync(string vmId, CancellationToken cancellation) => site.DescribeWhereAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>> FindRelocationBlockersAsync(RelocationRequest request, Site to, CancellationToken cancellation) =>
        site.FindRelocationBlockersAsync(request, Bare(to), cancellation);

    public override string? DescribeLive(Site to) => site.DescribeLive(Bare(to));

    public override Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) => site.FindLeaseAsync(migrationId, cancellation);

    public override string? WhyNoPoints(string? format) => site.WhyNoPoints(format);

    public override Task<ImmutableArray<PointAtSite>> FindPointsAsync(string migrationId, CancellationToken cancellation) => site.FindPointsAsync(migrationId, cancellation);

    public override async Task<DiskAccess> OpenPointDiskAsync(string migrationId, string point, string diskName, CancellationToken cancellation) =>
        Held(await site.OpenPointDiskAsync(migrationId, point, diskName, cancellation));

    // --- Writing ---

    public override Task EnsurePointAsync(string migrationId, string point, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsurePointAsync(migrationId, point, cancellation), cancellation);

    public override Task EnsurePointRestoredAsync(string migrationId, string point, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsurePointRestoredAsync(migrationId, point, cancellation), cancellation);

    public override Task EnsurePointRemovedAsync(string migrationId, string point, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsurePointRemovedAsync(migrationId, point, cancellation), cancellation);

    public override Task<bool> EnsureFirmwareAsync(string vmId, string migrationId, ReadOnlyMemory<byte> variables, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureFirmwareAsync(vmId, migrationId, variables, cancellation), cancellation);

    public override Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureTestCloneAsync(request, cancellation), cancellation);

    public override Task EnsureNothingLeftAsync(string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureNothingLeftAsync(migrationId, cancellation), cancellation);

    public override Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureTestClonesRemovedAsync(migrationId, cancellation), cancellation);

    public override Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureStampAsync(vmId, stamp, cancellation), cancellation);

    public override Task EnsureRunningAsync(string vmId, CancellationToken cancellation) => WriteAsync(() => site.EnsureRunningAsync(vmId, cancellation), cancellation);

    public override Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureRunningTrackedAsync(vmId, migrationId, checkpoint, cancellation), cancellation);

    public override Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureOffAsync(vmId, patience, force, cancellation), cancellation);

    public override Task EnsureOffFrozenAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureOffFrozenAsync(vmId, migrationId, cancellation), cancellation);

    public override Task EnsureSlowedAsync(string vmId, string migrationId, long? bytesPerSecond, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureSlowedAsync(vmId, migrationId, bytesPerSecond, cancellation), cancellation);

    public override Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureFencedAsync(vmId, migrationId, cancellation), cancellation);

    public override Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureUnfencedAsync(vmId, migrationId, cancellation), cancellation);

    public override async Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation) => Held(await (writable
        ? WriteAsync(() => site.OpenVmDiskAsync(vmId, diskName, writable, cancellation), cancellation)
        : site.OpenVmDiskAsync(vmId, diskName, writable, cancellation)));

    public override Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureRemovedAsync(vmId, migrationId, cancellation), cancellation);

    public override Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation) => WriteAsync(() => site.EnsureDiskAsync(request, cancellation), cancellation);

    public override async Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation) => Held(await WriteAsync(() => site.OpenDiskAsync(disk, cancellation), cancellation));

    public override Task EnsureShapedAsync(string vmId, string migrationId, VmShape shape, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureShapedAsync(vmId, migrationId, shape, cancellation), cancellation);

    public override Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation) => WriteAsync(() => site.EnsureDiskRemovedAsync(disk, cancellation), cancellation);

    public override Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation) => WriteAsync(() => site.EnsureDefinedAsync(request, cancellation), cancellation);

    public override Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureUndefinedAsync(vmId, migrationId, cancellation), cancellation);

    public override async Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation) =>
        new LeasedRound(await WriteAsync(() => site.OpenRoundAsync(request, cancellation), cancellation), Held);

    public override Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureCheckpointRemovedAsync(vmId, migrationId, checkpoint, cancellation), cancellation);

    public override Task EnsureArchivedAsync(string vmId, string migrationId, string name, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureArchivedAsync(vmId, migrationId, name, cancellation), cancellation);

    public override Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        WriteAsync(() => site.EnsureTrackingRemovedAsync(vmId, migrationId, cancellation), cancellation);

    public override Task<LiveResult> MoveLiveAsync(LiveRequest request, Site to, IProgress<LiveProgress>? progress, CancellationToken cancellation) =>
        WriteAsync(() => site.MoveLiveAsync(request, Bare(to), progress, cancellation), cancellation);

    public override Task<RelocationResult> RelocateAsync(RelocationRequest request, Site to, IProgress<int>? percent, CancellationToken cancellation) =>
        WriteAsync(() => site.RelocateAsync(request, Bare(to), percent, cancellation), cancellation);

    public override Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation) =>
        site.TrySetLeaseAsync(migrationId, expected, next, cancellation);

    /// <summary>The site itself is its provider's, and outlives the run.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A driver that moves a VM between two of its sites has to see its own objects.</summary>
    private static Site Bare(Site to) => to is LeasedSite leased ? leased.Inner : to;

    private Site Inner => site;

    /// <summary>A server of it that was ended by the run that took over must not come back.</summary>
    private DiskAccess Held(DiskAccess access)
    {
        access.MayReopen = lease.MustHoldAsync;
        return access;
    }

    private async Task WriteAsync(Func<Task> write, CancellationToken cancellation)
    {
        await lease.MustHoldAsync(cancellation);
        await write();
    }

    private async Task<T> WriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation)
    {
        await lease.MustHoldAsync(cancellation);
        return await write();
    }

    /// <summary>A round whose disks are under the lease as well.</summary>
    private sealed class LeasedRound(DiskRound round, Func<DiskAccess, DiskAccess> held) : DiskRound
    {
        public override string Checkpoint => round.Checkpoint;

        public override string? Since => round.Since;

        public override bool Quiesced => round.Quiesced;

        public override string? WhyNotQuiesced => round.WhyNotQuiesced;

        public override Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation) => round.ChangedAsync(diskName, cancellation);

        public override async Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation) => held(await round.OpenDiskAsync(diskName, cancellation));

        public override ValueTask DisposeAsync() => round.DisposeAsync();
    }

    /// <summary>The sites of a provider under one lease.</summary>
    internal sealed class Book(SiteBook sites, HeldLease lease) : SiteBook
    {
        private readonly Dictionary<string, Site> _leased = new(StringComparer.Ordinal);

        public override IReadOnlyCollection<string> Names => sites.Names;

        public override Spec.SshKeys SshKeys => sites.SshKeys;

        public override Checks.Policy Policy => sites.Policy;

        public override ReservationBook Reservations => sites.Reservations;

        public override Task<Estimates.RunHistory> HistoryAsync(Site from, Site to, CancellationToken cancellation) => sites.HistoryAsync(Bare(from), Bare(to), cancellation);

        /// <remarks>The same object each time: steps compare sites.</remarks>
        public override Site? Find(string name)
        {
            if (_leased.TryGetValue(name, out var known))
            {
                return known;
            }

            return sites.Find(name) is { } found ? _leased[name] = new LeasedSite(found, lease) { CopyLimits = found.CopyLimits, DiskSlots = found.DiskSlots } : null;
        }
    }
}
