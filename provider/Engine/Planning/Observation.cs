using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Planning;

/// <summary>A VM at the target side that carries our stamp.</summary>
public sealed record Copy(Site Site, Vm Vm, FenceState Fence)
{
    /// <summary>Since when the guest has been proven alive there; null while it has not.</summary>
    public DateTimeOffset? AcceptedAt =>
        DateTimeOffset.TryParse(Vm.Stamp?[StampNotes.Accepted], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>It is the VM itself, which its platform has moved: there is none at home.</summary>
    public bool IsRelocated => Vm.Stamp?[StampNotes.Origin] is not null;

    /// <summary>The VM has moved on from it, and has been accepted elsewhere: it waits for its removal.</summary>
    public bool IsSuperseded => Vm.Stamp?[StampNotes.Moved] is not null;

    /// <summary>It does not run, and no run of ours has stopped it.</summary>
    public bool StoppedByHand =>
        Vm.Power != PowerState.Running && Vm.Stamp?[StampNotes.DownSince] is null && Vm.Stamp?[StampNotes.AskedToStop] is null && !Observation.WentDownUnderRun(Vm);
}

/// <summary>What is there now, read from the platforms alone.</summary>
/// <remarks>
/// <code>
///   home (vm.site)                copies (target sites)
///   ┌───────────────┐             ┌────────────────────┐
///   │ stamp: source │  ── disks → │ stamp: target      │
///   │ fence?        │             │ accepted? fence?   │
///   └───────────────┘             └────────────────────┘
/// The VM's place is the accepted copy while home's fence stands (or home is gone); else it is home.
/// </code>
/// </remarks>
public sealed record Observation
{
    public required string MigrationId { get; init; }

    public required Site HomeSite { get; init; }

    /// <summary>Null when the VM is not at its site (any more).</summary>
    public Vm? Home { get; init; }

    public FenceState HomeFence { get; init; }

    public ImmutableArray<Copy> Copies { get; init; } = [];

    /// <summary>Disks at home that are not carried (<see cref="Replatforming"/>); <see cref="Home"/> has the others.</summary>
    public ImmutableArray<Disk> LeftDisks { get; init; } = [];

    /// <summary>Throw-away clones of test boots that a run has left.</summary>
    public ImmutableArray<(Site Site, Vm Vm)> Clones { get; init; } = [];

    /// <summary>Disks that carry our stamp, and where each is.</summary>
    public ImmutableArray<(Site Site, TargetDisk Disk)> PlacedDisks { get; init; } = [];

    public IEnumerable<TargetDisk> Disks => PlacedDisks.Select(placed => placed.Disk);

    /// <summary>Sites other than the one that is wanted now, with disks that no VM has.</summary>
    public IEnumerable<Site> SitesWithStrayDisks(Site wanted) =>
        PlacedDisks.Where(placed => placed.Site != wanted && placed.Disk.Attached is null).Select(placed => placed.Site).Distinct();

    /// <summary>The copy in which the VM lives, if it does not live at home.</summary>
    public Copy? Current => Copies.FirstOrDefault(copy => copy.IsRelocated) is { } moved
        ? moved
        : Home is not null && HomeFence == FenceState.None
        ? null
        : Copies.Where(copy => copy.AcceptedAt is not null)
            .OrderBy(copy => copy.IsSuperseded)
            .ThenBy(copy => copy.Fence == FenceState.None ? 0 : 1)
            .ThenByDescending(copy => copy.AcceptedAt)
            .FirstOrDefault();

    /// <summary>
    /// The VM had been accepted in a copy, and there is none any more: somebody deleted it. The names of the sites where that may have been; null where nothing of the kind has happened.
    /// </summary>
    public string? LostTo => LeftFrom?.Vm.Stamp?[StampNotes.Moved] is null
        ? null
        : string.Join(',', (Home?.Stamp?[StampNotes.Sites] ?? "its target").Split(',').Where(name => name != LeftFrom.Value.Site.Name));

    /// <summary>What is there of the VM where its last move began, and nothing elsewhere: home, or a copy that it has moved on from and that could not be removed.</summary>
    private (Site Site, Vm Vm)? LeftFrom => Copies switch
    {
        [] when HomeFence == FenceState.Standing => (HomeSite, Home!),
        [{ AcceptedAt: not null, IsRelocated: false, Vm.Power: PowerState.Off, Fence: not FenceState.Broken } old] when Current == old => (old.Site, old.Vm),
        _ => null,
    };

    /// <summary>Such a copy's disks are all there, with what it wrote.</summary>
    public bool DisksAreLeft => LostTo is not null && LeftAt is not null;

    /// <summary>The site with a disk of ours that no VM has for each of the VM's.</summary>
    public Site? LeftAt => Place is (_, { Disks.IsEmpty: false } vm)
        ? PlacedDisks.Select(placed => placed.Site).Distinct()
            .FirstOrDefault(site => vm.Disks.All(disk => PlacedDisks.Any(placed => placed.Site == site && placed.Disk.Attached is null && placed.Disk.DiskName == disk.Name)))
        : null;

    /// <summary>All copies but the one in which the VM lives: what interrupted runs left.</summary>
    public IEnumerable<Copy> StrayCopies => Copies.Where(copy => copy != Current);

    /// <summary>True when anything of ours exists anywhere.</summary>
    public bool HasTraces => Home?.Stamp is not null || HomeFence != FenceState.None || !Copies.IsEmpty || !PlacedDisks.IsEmpty || !Clones.IsEmpty;

    /// <summary>Whether the VM was on when the migration began, so that it must be on when it ends.</summary>
    /// <remarks>The note counts only while a run of ours holds the VM down; otherwise the VM is as its owner wants it now.</remarks>
    public bool WasRunning => Home is { } live && HomeFence == FenceState.None && live.Stamp?[StampNotes.DownSince] is null && live.Stamp?[StampNotes.AskedToStop] is null
        ? live.Power == PowerState.Running || WentDownUnderRun(live)
        : (Home?.Stamp?[StampNotes.WasRunning] ?? Copies.Select(copy => copy.Vm.Stamp?[StampNotes.WasRunning]).FirstOrDefault(note => note is not null)) switch
        {
            "true" => true,
            "false" => false,
            _ => Home?.Power == PowerState.Running,
        };

    /// <summary>Where it lives, its hypervisor has died while a run of ours read from it, and nobody has started it since.</summary>
    public bool CrashedUnderRun => Place is { Vm: { } vm } && (Current is { Fence: FenceState.None } || (Current is null && HomeFence == FenceState.None)) && WentDownUnderRun(vm);

    internal static bool WentDownUnderRun(Vm vm) => vm.Crashed && vm.Stamp?[StampNotes.Copying] is not null;

    /// <summary>Where the VM lives: its site and facts; null when it was found nowhere.</summary>
    public (Site Site, Vm Vm)? Place => Current is { } copy ? (copy.Site, copy.Vm) : Home is { } home ? (HomeSite, home) : null;
}
