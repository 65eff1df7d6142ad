using System.Collections.Immutable;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Spec;

/// <summary>How a VM moves.</summary>
public enum MigrationMode
{
    /// <summary>The VM is off while its disks are copied.</summary>
    Cold,

    /// <summary>The disks are copied while the VM runs; it is off for the last changes only.</summary>
    Warm,

    /// <summary>The VM moves with its memory and is not started anew.</summary>
    Live,
}

/// <summary>What to do with a guest that writes faster than its changes can be sent.</summary>
public enum NoConvergence
{
    /// <summary>Nothing is cut over: the VM runs on at the source, and what was copied is kept.</summary>
    Fail,

    /// <summary>The cutover takes as long as it takes.</summary>
    CutOverAnyway,

    /// <summary>Live: the guest gets less processor time until it converges. Warm: its writes are held back until it does.</summary>
    SlowGuest,

    /// <summary>Live: the guest changes sides before all its memory has come. A fault until the rest is there loses that memory.</summary>
    PostCopy,
}

/// <summary>How a running VM is brought to a stop at its cutover.</summary>
public enum CutoverStop
{
    /// <summary>The guest shuts down, and so do its applications.</summary>
    Shutdown,

    /// <summary>The guest's agent freezes its file systems, which writes everything to disk, and the VM is switched off at that moment: applications see a loss of power.</summary>
    FreezeAndSwitchOff,
}

/// <summary>How the VM changes sides.</summary>
public sealed record CutoverSpec
{
    /// <summary>Warm: rounds go on until stopping, the last round and starting fit in. Live: how long the VM may be paused.</summary>
    public TimeSpan MaxDowntime { get; init; } = TimeSpan.FromSeconds(60);

    public NoConvergence OnNoConvergence { get; init; } = NoConvergence.Fail;

    /// <summary>When a running VM may be taken down or moved; null: at any time.</summary>
    public CutoverWindow? Window { get; init; }

    /// <summary>Cold and warm: how the VM comes to a stop. A live move stops nothing.</summary>
    public CutoverStop Stop { get; init; } = CutoverStop.Shutdown;

    /// <summary>Whether the guest freezes its file systems for the moment of each checkpoint.</summary>
    public bool Quiesce { get; init; } = true;

    /// <summary>After so many rounds, no more are tried.</summary>
    public int MaxRounds { get; init; } = 20;
}

/// <summary>How far a migration is to go, in rising order.</summary>
public enum MigrationGoal
{
    Validated,
    Replicated,
    Tested,
    CutOver,
    Committed,
}

/// <summary>Whether the copied disks are looked into before the guest starts from them.</summary>
public enum GuestInspection
{
    Off,

    /// <summary>Where it cannot be done, the move goes on with what is declared.</summary>
    WhenPossible,

    /// <summary>Where it cannot be done, the move stops and the source runs on.</summary>
    Required,
}

/// <summary>Whether the guest is fitted to its new platform before it first starts there.</summary>
public enum Conversion
{
    Never,

    /// <summary>Where it is needed and the tool is installed; where that is absent, preview warns.</summary>
    Auto,

    /// <summary>Always; without the tool, preview stops.</summary>
    Required,
}

public enum RollbackChanges
{
    BringBack,
    Discard,
}

public enum SourceAfterCommit
{
    Remove,
    Archive,
    Keep,
}

/// <summary>What to do about a moved VM that somebody's hand has changed.</summary>
public enum DriftResponse
{
    /// <summary>Put it back.</summary>
    Return,

    /// <summary>Take it over as the new truth, without touching the VM.</summary>
    Adopt,

    /// <summary>Say so, and leave it.</summary>
    Ignore,
}

/// <summary>Which VM: exactly one of name and id.</summary>
public sealed record VmReference(string Site, string? Name, string? Id)
{
    /// <summary>What the user called it.</summary>
    public string Label => Name ?? Id ?? "?";
}

/// <param name="Networks">From the source's networks to the target's.</param>
public sealed record TargetSpec(
    string Site, string? Host, string? StoragePool, ImmutableDictionary<string, string> Networks, string? Name)
{
    /// <summary>What is said in a platform's own words, by the platform's key.</summary>
    public ImmutableDictionary<string, MapValue> Platforms { get; init; } = ImmutableDictionary<string, MapValue>.Empty;

    /// <summary>What is said in this platform's words; empty where nothing is.</summary>
    public MapValue For(string platform) => Platforms.GetValueOrDefault(platform, Value.EmptyMap);
}

/// <summary>What the user asks for, read and with all defaults.</summary>
public sealed record MigrationSpec
{
    public required VmReference Vm { get; init; }

    public required TargetSpec Target { get; init; }

    public MigrationMode Mode { get; init; } = MigrationMode.Cold;

    public MigrationGoal Goal { get; init; } = MigrationGoal.CutOver;

    public CutoverSpec Cutover { get; init; } = new();

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromMinutes(2);

    public bool ForceShutdown { get; init; }

    public Blocks.DigestAlgorithm Digest { get; init; } = Blocks.DigestAlgorithm.XxHash128;

    public ImmutableArray<ProbeSpec> Probes { get; init; } =
        [new(ProbeKind.GuestAgent, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1))];

    public GuestInspection InspectGuest { get; init; }

    public Conversion Conversion { get; init; }

    /// <summary>Null: the VM moves as it is.</summary>
    public ReplatformSpec? Replatform { get; init; }

    public RollbackChanges Rollback { get; init; } = RollbackChanges.BringBack;

    /// <summary>How many recovery points of the copy are kept at the target; 0: none.</summary>
    public int KeepPoints { get; init; } = 5;

    /// <summary>The recovery point to go back to, as declared: the latest one that is not after this moment. Null: none.</summary>
    public string? RollbackTo { get; init; }

    public DriftResponse OnDrift { get; init; } = DriftResponse.Return;

    /// <summary>A run that puts back what a hand has changed may shut the VM down for that, where its platform changes it only while it is off.</summary>
    public bool RestartForDrift { get; init; }

    public SourceAfterCommit CommitSource { get; init; } = SourceAfterCommit.Remove;

    /// <summary>Private keys from the provider's config, by name, for commands over SSH. Never printed, never kept.</summary>
    public SshKeys SshKeys { get; init; } = SshKeys.None;

    /// <summary>Who declares it, for stamps and messages: the URN in Pulumi, empty in Terraform.</summary>
    public string Owner { get; init; } = "";

    /// <summary>What no API shows and the user says.</summary>
    public Facts.FactSet Facts { get; init; } = Engine.Facts.FactSet.Empty;

    /// <summary>The thresholds that this declaration sets itself.</summary>
    public Checks.Policy Policy { get; init; } = Checks.Policy.Default;

    public ImmutableArray<Checks.Waiver> Waivers { get; init; } = [];

    public string TargetName(string sourceName) => Target.Name ?? sourceName;
}
