namespace VmMigrate.Engine.Contracts;

/// <summary>How one look at a gate ended.</summary>
/// <param name="Passed">It is open.</param>
/// <param name="Bad">The platform says that something is wrong, and not only that it does not know yet.</param>
/// <param name="What">What was seen, such as <c>the instance's check is initializing</c>.</param>
public readonly record struct GateLook(bool Passed, bool Bad, string What);

/// <summary>A check of a started VM that a platform makes by itself, beside the probes that a declaration names. A copy is not accepted before it is passed.</summary>
public abstract class PlatformGate
{
    /// <summary>What has to come true, such as <c>EC2's system and instance status checks are ok</c>.</summary>
    public abstract string Description { get; }

    /// <summary>How long to wait for it, from the start of waiting.</summary>
    public abstract TimeSpan Timeout { get; }

    public abstract TimeSpan Interval { get; }

    /// <summary>So many bad looks in a row close the gate before the time is over.</summary>
    public abstract int MostBad { get; }

    public abstract Task<GateLook> LookAsync(string vmId, CancellationToken cancellation);
}
