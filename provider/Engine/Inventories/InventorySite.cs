using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Inventories;

/// <summary>A site whose inventory is fetched once for all previews of a run, instead of once for each VM.</summary>
/// <remarks>
/// Shared, while it is younger than <see cref="MostAge"/> (or what the book says): hosts, pools and networks, the list of all VMs with their stamps, and the disks that we made.
/// Asked anew each time: one VM's own facts (so a guest that comes up meanwhile is seen) and its fence. A VM that the list does not have is looked for in
/// a list not older than <see cref="MissAge"/> before it counts as missing. Every call that may change something forgets all that was read, before it
/// and after it. Runs that change things read past it: see <see cref="InventoryBook"/>.
/// </remarks>
public sealed partial class InventorySite : Site
{
    /// <summary>How old what is shared may be. A preview of many VMs takes seconds; one that takes longer had better look again.</summary>
    public static readonly TimeSpan MostAge = TimeSpan.FromSeconds(60);

    /// <summary>How old a list may be that says there is no such VM.</summary>
    public static readonly TimeSpan MissAge = TimeSpan.FromSeconds(2);

    private readonly Site _site;
    private readonly TimeSpan _mostAge;
    private readonly OnceRead<SiteFacts> _facts;
    private readonly OnceRead<VmList> _vms;
    private readonly OnceRead<Func<string, ImmutableArray<TargetDisk>>?> _disks;

    /// <param name="mostAge">How old what is shared may be; <see cref="MostAge"/> unless told.</param>
    public InventorySite(Site site, TimeProvider time, TimeSpan? mostAge = null)
        : base(site.Name)
    {
        _mostAge = mostAge ?? MostAge;
        _site = site;
        _facts = new(time, site.DescribeAsync);
        _vms = new(time, ReadListAsync);
        _disks = new(time, site.LookAtStampedDisksAsync);
    }

    public override string Platform => _site.Platform;

    public override string Where => _site.Where;

    public override Capabilities Capabilities => _site.Capabilities;

    /// <summary>The site behind it, for whoever must not see anything remembered.</summary>
    public Site Fresh => _site;

    public override Task<SiteFacts> DescribeAsync(CancellationToken cancellation) => _facts.GetAsync(_mostAge, cancellation);

    public override async IAsyncEnumerable<Vm> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var vm in (await _vms.GetAsync(_mostAge, cancellation)).All)
        {
            yield return vm;
        }
    }

    public override async Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation)
    {
        var named = (await _vms.GetAsync(_mostAge, cancellation)).ByName[name].ToList();
        if (named.Count == 0)
        {
            named = [.. (await _vms.GetAsync(MissAge, cancellation)).ByName[name]];
        }

        // A platform may take more for a name than the name: an inventory path, a reference.
        return named.Count == 0
            ? await _site.FindByNameAsync(name, cancellation)
            : await InspectAllAsync(named, vm => vm.Name == name, cancellation);
    }

    public override async Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation) =>
        await InspectAllAsync((await _vms.GetAsync(_mostAge, cancellation)).ByStamp[migrationId], vm => vm.Stamp?.MigrationId == migrationId, cancellation);

    public override async Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation) =>
        await _disks.GetAsync(_mostAge, cancellation) is { } look ? look(migrationId) : await _site.FindStampedDisksAsync(migrationId, cancellation);

    public override Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation) => _disks.GetAsync(_mostAge, cancellation);

    public override Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) => _site.InspectAsync(vmId, cancellation);

    public override Task<Stamp?> FindStampAsync(string vmId, CancellationToken cancellation) => _site.FindStampAsync(vmId, cancellation);

    public override Task<double?> ProbeLinkAsync(LinkDirection direction, CancellationToken cancellation) => _site.ProbeLinkAsync(direction, cancellation);

    public override Task<TargetPreview> PreviewDefinedAsync(VmRequest request, CancellationToken cancellation) => _site.PreviewDefinedAsync(request, cancellation);

    public override Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation) => _site.InspectFenceAsync(vmId, migrationId, cancellation);

    public override bool KeepsLeases => _site.KeepsLeases;

    public override Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) => _site.FindLeaseAsync(migrationId, cancellation);

    public override Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation) => _site.PingAgentAsync(vmId, cancellation);

    public override string? DescribeAccess(Disk? disk, string? format) => _site.DescribeAccess(disk, format);

    public override IReadOnlyList<PlatformGate> GatesOf(MapValue options) => _site.GatesOf(options);

    public override Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation) => _site.ReadConsoleAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _site.FindCheckpointsAsync(vmId, migrationId, cancellation);

    public override Task<long?> MeasureChangedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        _site.MeasureChangedAsync(vmId, migrationId, checkpoint, cancellation);

    public override Task<ReadOnlyMemory<byte>?> ReadFirmwareAsync(string vmId, CancellationToken cancellation) => _site.ReadFirmwareAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>?> FindMissingRightsAsync(RightsRequest request, CancellationToken cancellation) =>
        _site.FindMissingRightsAsync(request, cancellation);

    public override Task<ImmutableArray<string>> FindLiveBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        _site.FindLiveBlockersAsync(vmId, FreshOf(to), cancellation);

    public override string? WhyNoPoints(string? format) => _site.WhyNoPoints(format);

    public override Task<ImmutableArray<PointAtSite>> FindPointsAsync(string migrationId, CancellationToken cancellation) => _site.FindPointsAsync(migrationId, cancellation);

    public override Task<DiskAccess> OpenPointDiskAsync(string migrationId, string point, string diskName, CancellationToken cancellation) =>
        _site.OpenPointDiskAsync(migrationId, point, diskName, cancellation);

    public override Task<PostCopyAbility> FindPostCopyBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        _site.FindPostCopyBlockersAsync(vmId, FreshOf(to), cancellation);

    public override GuestConversion? ConversionFrom(string platform) => _site.ConversionFrom(platform);

    public override string? DescribeLive(Site to) => _site.DescribeLive(FreshOf(to));

    public override bool Relocates(Site to) => _site.Relocates(FreshOf(to));

    public override Task<string> DescribeWhereAsync(string vmId, CancellationToken cancellation) => _site.DescribeWhereAsync(vmId, cancellation);

    public override Task<ImmutableArray<string>> FindRelocationBlockersAsync(RelocationRequest request, Site to, CancellationToken cancellation) =>
        _site.FindRelocationBlockersAsync(request, FreshOf(to), cancellation);

    /// <summary>Does nothing: whoever opened the site behind it closes it.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What is read from now on is read from the platform.</summary>
    public void Forget()
    {
        _facts.Forget();
        _vms.Forget();
        _disks.Forget();
    }

    private static Site FreshOf(Site site) => site is InventorySite inventory ? inventory._site : site;

    private async Task<ImmutableArray<Vm>> InspectAllAsync(IEnumerable<Vm> listed, Func<Vm, bool> still, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<Vm>();
        foreach (var vm in listed)
        {
            if (await _site.InspectAsync(vm.Id, cancellation) is { } now && still(now))
            {
                found.Add(now);
            }
        }

        return found.ToImmutable();
    }

    private async Task<VmList> ReadListAsync(CancellationToken cancellation)
    {
        var all = ImmutableArray.CreateBuilder<Vm>();
        await foreach (var vm in _site.ListAsync(cancellation))
        {
            all.Add(vm);
        }

        return new VmList(all.ToImmutable());
    }

    private sealed class VmList(ImmutableArray<Vm> all)
    {
        internal ImmutableArray<Vm> All { get; } = all;

        internal ILookup<string, Vm> ByName { get; } = all.ToLookup(vm => vm.Name, StringComparer.Ordinal);

        internal ILookup<string, Vm> ByStamp { get; } =
            all.Where(vm => vm.Stamp is not null).ToLookup(vm => vm.Stamp!.MigrationId, StringComparer.Ordinal);
    }
}
