using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Driving;

/// <summary>What the steps of one run share: what was asked, what was there, and what they have learnt so far.</summary>
public sealed class Run
{
    public required MigrationSpec Spec { get; init; }

    public required string MigrationId { get; init; }

    public required TimeProvider Time { get; init; }

    public required RunEvents Events { get; init; }

    public required Observation Seen { get; init; }

    /// <summary>Where the VM lives at the start of the run.</summary>
    public required Site From { get; init; }

    /// <summary>The VM as it was seen there.</summary>
    public required Vm Vm { get; init; }

    /// <summary>Where it is to go; the same as <see cref="From"/> when it is not to move.</summary>
    public required Site To { get; init; }

    /// <summary>Null where the run makes nothing at a target.</summary>
    public Placement? Placement { get; init; }

    public bool WasRunning { get; init; }

    /// <summary>The VM as the last run left it; null where no state tells.</summary>
    public RecordedVm? Recorded { get; init; }

    /// <summary>It has to run, and no earlier run has taken it over as being off. <see cref="WasRunning"/> also knows what this run lets be.</summary>
    public bool ShouldRun { get; init; }

    /// <summary>What the VM will be at its target, in the platform's words.</summary>
    public ImmutableArray<string> Shape { get; set; } = [];

    /// <summary>Preview's checks with what was learnt of the guest since; tells what they find that preview could not, with waivers applied. Null where nothing was judged.</summary>
    internal Func<FactSet, ImmutableArray<Checks.Finding>>? JudgeAgain { get; set; }

    /// <summary>From where to where, as records of runs name it; null where that is not known, and then nothing is recorded.</summary>
    public string? Route { get; init; }

    /// <summary>Steps done so far, in order, with the names under which their times are recorded.</summary>
    public List<(StepRecord Record, string TimedAs)> Done { get; } = [];

    /// <summary>What keeps other runs off this migration; null where the platform keeps no leases.</summary>
    public HeldLease? Lease { get; set; }

    /// <summary>Disks made or found at the target, by their names.</summary>
    public Dictionary<string, TargetDisk> Disks { get; } = new(StringComparer.Ordinal);

    public List<DiskProof> Proofs { get; } = [];

    /// <summary>Digests of both sides of each disk, kept up to date over rounds; empty where this run has not read the whole disks.</summary>
    internal Dictionary<string, Steps.DiskTrees> Trees { get; } = new(StringComparer.Ordinal);

    /// <summary>Nothing is known of the disks' content any more, and the files that the digests are kept in are given back.</summary>
    internal void ForgetTrees()
    {
        foreach (var trees in Trees.Values)
        {
            trees.Dispose();
        }

        Trees.Clear();
    }

    /// <summary>What has to go back, where the VM lives in a copy and is to leave it.</summary>
    public ReverseDelta? Delta { get; init; }

    /// <summary>The recovery point that the declaration names; null where it names none.</summary>
    public PointChoice? Point { get; init; }

    /// <summary>The point that this run goes back to; null where it goes back to none.</summary>
    internal RecoveryPoint? GoesBackTo => Point?.Found;

    /// <summary>What the VM is to say of itself when this run is done: the declared point that it has gone back to, now or before.</summary>
    internal string? WentBack => Point is { } point && (point.IsDone || point.Found is not null) ? point.Declared : null;

    /// <summary>The point that this run has made before it went back to another.</summary>
    internal string? PointBefore { get; set; }

    /// <summary>The checkpoint at the target whose content home's disks hold since a round of the way back.</summary>
    internal string? ReturnedTo { get; set; }

    /// <summary>The checkpoint at the target from which its platform tells all that will differ from the disks at home.</summary>
    internal string? TrackedSince { get; set; }

    /// <summary>What this run has converted the copied guest with; null where it has not.</summary>
    public GuestConversion? Converted { get; set; }

    /// <summary>The test clone's id at the target, once it is defined.</summary>
    internal string? CloneId { get; set; }

    /// <summary>The copy's id at the target, once it is defined.</summary>
    public string? CopyId { get; set; }

    /// <summary>When the VM went down; null while it is up.</summary>
    public DateTimeOffset? DownSince { get; private set; }

    private long? _downFrom;

    /// <param name="since">When an earlier run took it down; null: it goes down now.</param>
    internal void GoesDown(DateTimeOffset? since = null) => (DownSince, _downFrom) = (since ?? Time.GetUtcNow(), since is null ? Time.GetTimestamp() : null);

    /// <summary>How long it is down by now. Where this run took it down no clock that is set meanwhile counts.</summary>
    internal TimeSpan? DownFor => DownSince is not { } since ? null
        : _downFrom is { } from ? Time.GetElapsedTime(from)
        : Time.GetUtcNow() - since is var time && time > TimeSpan.Zero ? time : TimeSpan.Zero;

    public TimeSpan? Downtime { get; set; }

    /// <summary>Timestamp of <see cref="Time"/> at which the guest was asked to shut down; null when it was off already, or is not to stop.</summary>
    public long? ShutdownAskedAt { get; set; }

    /// <summary>The guest's writes are held back by this run.</summary>
    internal bool HeldBack { get; set; }

    /// <summary>How the guest's start was seen.</summary>
    public string? Guest { get; set; }

    /// <summary>Bytes that went from one side to the other.</summary>
    public long Transferred { get; set; }

    public TimeSpan CopyTime { get; set; }

    public string Name => Vm.Name;

    public string Now => Instant(Time.GetUtcNow());

    public static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
