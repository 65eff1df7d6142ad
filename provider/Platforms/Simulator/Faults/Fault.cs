using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Simulator.Faults;

public enum FaultKind
{
    /// <summary>The call throws a <see cref="PlatformException"/>. A guest that refuses <c>Guest.Boot</c> or <c>Guest.Shutdown</c> does not do it.</summary>
    Refuse,

    /// <summary>The call does not return before it is cancelled, or before <see cref="Fault.Duration"/> is over.</summary>
    Hang,

    /// <summary>The call takes <see cref="Fault.Duration"/> longer.</summary>
    Slow,

    /// <summary>The call reports success and has done nothing. A read of blocks gives a wrong byte.</summary>
    Lie,

    /// <summary>The call does its work and then throws <see cref="PlatformErrorKind.Lost"/>.</summary>
    LoseReply,

    /// <summary>The runner dies in the call: <see cref="SimulatedCrashException"/> is thrown, which nobody is to catch.</summary>
    Crash,

    /// <summary>The process kills itself without any clean-up, as <c>kill -9</c> would.</summary>
    Kill,
}

/// <summary>Where in the call <see cref="FaultKind.Crash"/> and <see cref="FaultKind.Kill"/> strike.</summary>
public enum FaultMoment
{
    Before,

    /// <summary>After the first of several changes that the call makes; as <see cref="After"/> when it makes only one.</summary>
    Inside,

    /// <summary>All is done, the caller never learns of it.</summary>
    After,
}

/// <summary>Something that goes wrong on purpose. Which calls it is about: all that match every filter which is given.</summary>
public sealed record Fault
{
    public required FaultKind Kind { get; init; }

    /// <summary>
    /// The call's name without Async, such as <c>EnsureRunning</c>, with <c>*</c> for any characters; also <c>ReadBlocks</c> and <c>WriteBlocks</c>
    /// (one for each leaf of 64 KiB). Where it begins with <c>Guest.</c> it is about the guest: <c>Guest.Boot</c>, <c>Guest.Shutdown</c>, <c>Guest.Agent</c>, and <c>Guest.Memory</c>, which follows a guest that has changed sides before it.
    /// </summary>
    public string Call { get; init; } = "*";

    /// <summary>The VM's name or id, with <c>*</c>.</summary>
    public string? Vm { get; init; }

    /// <summary>The name of the engine's step, with <c>*</c>: the operation name of <see cref="System.Diagnostics.Activity.Current"/> or one of its parents.</summary>
    public string? Step { get; init; }

    public FaultMoment Moment { get; init; } = FaultMoment.Before;

    /// <summary>Strikes from this matching call on, counted from 1.</summary>
    public int Nth { get; init; } = 1;

    /// <summary>How often it strikes; 0: for ever.</summary>
    public int Times { get; init; } = 1;

    /// <summary>With which probability it strikes at a matching call; the same calls for the same seed.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Strikes only later than this, counted from when the site came to be.</summary>
    public TimeSpan? From { get; init; }

    /// <summary>Strikes only earlier than this, counted from when the site came to be.</summary>
    public TimeSpan? Until { get; init; }

    /// <summary>For <see cref="FaultKind.Slow"/> and <see cref="FaultKind.Hang"/>.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>For <see cref="FaultKind.Refuse"/>.</summary>
    public PlatformErrorKind Error { get; init; } = PlatformErrorKind.Refused;

    public string? Message { get; init; }
}
