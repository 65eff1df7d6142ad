namespace VmMigrate.Engine.Blocks;

/// <summary>How a disk is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Copy these ranges only, rounded out to whole leaves of 64 KiB (changed-block tracking says which). Null: everything that is allocated.</summary>
    public ExtentSet? Ranges { get; init; }

    /// <summary>The target reads as zeroes everywhere, so zeroes need not be written. Never true for a round of changes.</summary>
    public bool TargetIsZero { get; init; }

    /// <summary>The target holds older content that may be the same in many places: each of its chunks is digested before the source's is asked for, and only leaves that differ are sent.</summary>
    /// <remarks>Counts where zeroes have to be written, the target can be read back and a digest is chosen. A side that digests where the disk is keeps equal content off the link.</remarks>
    public bool Compare { get; init; }

    /// <summary>Look for zeroes in what was read, and write them as zeroes instead of as content.</summary>
    public bool DetectZeroes { get; init; } = true;

    /// <summary>How content is digested while it passes.</summary>
    public DigestAlgorithm Digest { get; init; } = DigestAlgorithm.XxHash128;

    /// <summary>Read the ranges back from the target after the copy, digest them, and fail where they differ.</summary>
    public bool ReadBack { get; init; }

    /// <summary>A tree which kept its leaves from earlier rounds on the same disk, or a new one that keeps them. It is brought up to date, and the result carries the digest of the whole disk.</summary>
    public DigestTree? Tree { get; init; }

    /// <summary>With <see cref="ReadBack"/> of a whole disk: a new tree that takes what is read back, so that it can keep the leaves.</summary>
    public DigestTree? BackTree { get; init; }

    /// <summary>Pairs of connections, one thread each; fewer where a side cannot. On two cores, more than two gained nothing.</summary>
    public int Connections { get; init; } = 2;

    /// <summary>One read request. 512 KiB was best: at 1 MiB a qemu-nbd source needs twice the processor time, 64 KiB costs more as well.</summary>
    public int RequestBytes { get; init; } = 512 << 10;

    /// <summary>What one connection asks ahead.</summary>
    public int AheadBytes { get; init; } = 2 << 20;

    /// <summary>Make the target stable before the copy counts as done.</summary>
    public bool Flush { get; init; } = true;

    /// <summary>Lets a later run go on where a killed one stopped. Needs a digest, and no <see cref="Tree"/> (<see cref="BackTree"/> does). The map stays after success, so that a repeat does nothing; who removes the staging removes it.</summary>
    public ResumeOptions? Resume { get; init; }

    /// <summary>How long a lost connection may stay lost: it is opened again until then, and the copy goes on. Zero: a lost connection is an error at once.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>The bandwidth that all copies share.</summary>
    public Throttle? Throttle { get; init; }

    /// <summary>What all copies in this process may have in flight together.</summary>
    public CopyBudget? Budget { get; init; }

    /// <summary>How often progress is reported.</summary>
    public TimeSpan ReportEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
