namespace VmMigrate.Engine.Planning;

/// <summary>What somebody's hand can do to a moved VM.</summary>
public enum DriftKind
{
    /// <summary>Two copies run, or may: an alarm whatever is declared.</summary>
    TwoRunning,

    /// <summary>The source was started or changed in spite of its fence, and is off again.</summary>
    SourceTouched,

    /// <summary>It is off where it should run.</summary>
    Stopped,

    /// <summary>The VM and its disks are gone from the target.</summary>
    Deleted,

    /// <summary>The VM is gone from the target, its disks are there.</summary>
    Undefined,

    /// <summary>It lives at another site of the config.</summary>
    Moved,

    /// <summary>It is on another host than the declared one.</summary>
    Host,

    /// <summary>A disk is in another pool than the declared one.</summary>
    Pool,

    Name,
    Cpus,
    Memory,
    Nics,
    Disks,
}

/// <summary>One difference between what a run left and what is there now.</summary>
/// <param name="What">A whole sentence.</param>
/// <param name="Returns">A run puts it back when that is declared; else a hand has to, and <paramref name="What"/> says so.</param>
/// <param name="Adopts">It can be taken over as the new truth.</param>
public sealed record DriftItem(DriftKind Kind, string What, bool Returns, bool Adopts)
{
    /// <summary>Why no run puts it back as things are, and what would make one, where there is such a thing.</summary>
    public string? WhyNot { get; init; }
}
