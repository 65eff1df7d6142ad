using System.Collections.Immutable;

namespace VmMigrate.Engine.Spec;

/// <summary>How a VM moves.</summary>
public enum MigrationMode
{
    Cold,
}

/// <summary>How far a migration is to go, in rising order.</summary>
public enum MigrationGoal
{
    Validated,
    Replicated,
    CutOver,
    Committed,
}

public enum RollbackChanges
{
    BringBack,
    Discard,
}

public enum SourceAfterCommit
{
    Remove,
    Keep,
}

/// <summary>Which VM: exactly one of name and id.</summary>
public sealed record VmReference(string Site, string? Name, string? Id)
{
    /// <summary>What the user called it.</summary>
    public string Label => Name ?? Id ?? "?";
}

/// <param name="Networks">From the source's networks to the target's.</param>
public sealed record TargetSpec(
    string Site, string? Host, string? StoragePool, ImmutableDictionary<string, string> Networks, string? Name);

/// <summary>What the user asks for, read and with all defaults.</summary>
public sealed record MigrationSpec
{
    public required VmReference Vm { get; init; }

    public required TargetSpec Target { get; init; }

    public MigrationMode Mode { get; init; } = MigrationMode.Cold;

    public MigrationGoal Goal { get; init; } = MigrationGoal.CutOver;

    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromMinutes(2);

    public bool ForceShutdown { get; init; }

    public Blocks.DigestAlgorithm Digest { get; init; } = Blocks.DigestAlgorithm.XxHash128;

    public ImmutableArray<ProbeSpec> Probes { get; init; } =
        [new(ProbeKind.GuestAgent, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1))];

    public RollbackChanges Rollback { get; init; } = RollbackChanges.BringBack;

    public SourceAfterCommit CommitSource { get; init; } = SourceAfterCommit.Remove;

    /// <summary>Private keys from the provider's config, by name, for commands over SSH. Never printed, never kept.</summary>
    public SshKeys SshKeys { get; init; } = SshKeys.None;

    /// <summary>Who declares it, for stamps and messages: the URN in Pulumi, empty in Terraform.</summary>
    public string Owner { get; init; } = "";

    public string TargetName(string sourceName) => Target.Name ?? sourceName;
}
