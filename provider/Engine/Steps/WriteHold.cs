using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Steps;

/// <summary>How far a guest's writes are held back: step by step, as far as its rounds need it and no further than a floor.</summary>
/// <remarks>
/// <code>
///   at first    half of what the link carries
///   then        half of the hold before; less where the platform's blocks make more of each write than it is (a 4 KiB write marks a block of 64 KiB):
///               limit × (link / 2) / rate at which blocks changed under that limit
/// </code>
/// A hold does not bound what a guest has queued already: hypervisors write that out whenever a checkpoint is made or a round ends. So rounds shrink to about
/// that much, whatever the hold, and a link over which that does not fit into the outage does not converge.
/// </remarks>
internal sealed class WriteHold
{
    /// <summary>A guest that writes nothing at all is as good as off.</summary>
    internal const long Least = 64 << 10;

    /// <summary>Null while it is not held back.</summary>
    internal long? BytesPerSecond { get; private set; }

    /// <summary>Holds it back further.</summary>
    /// <param name="seen">What the rounds under the present hold have shown.</param>
    /// <returns>False where that cannot be: it is held back as far as it may be.</returns>
    internal bool Tighten(ConvergencePrediction seen)
    {
        if (BytesPerSecond <= Least)
        {
            return false;
        }

        var half = (seen.LinkBytesPerSecond ?? 0) / 2;
        var next = BytesPerSecond is not { } now ? half
            : Math.Min(now / 2.0, seen.DirtyBytesPerSecond > 0 ? now * half / seen.DirtyBytesPerSecond : now);
        BytesPerSecond = Math.Max(Least, (long)next);
        return true;
    }
}
