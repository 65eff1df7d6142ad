namespace VmMigrate.Engine.Blocks;

/// <summary>That a copy can go on after it was killed.</summary>
/// <param name="Store">Where the map is kept.</param>
/// <param name="SourceState">Names the content of the source: a checkpoint, or the disk and when the VM stopped. A map that was made from another state is not used, and zeroes are then written, since the target holds old content.</param>
public sealed record ResumeOptions(ResumeStore Store, string SourceState)
{
    /// <summary>A map of this earlier state counts as well, but for chunks in which <see cref="ChangedSince"/> has a byte.</summary>
    public string? EarlierState { get; init; }

    /// <summary>What may have changed at the source since <see cref="EarlierState"/>.</summary>
    public ExtentSet ChangedSince { get; init; } = ExtentSet.Empty;

    /// <summary>Keep the digest of every chunk in the map, so that a later run can strike out single ones: 4 KiB a GiB of content, where a closed GiB else takes 16 bytes.</summary>
    public bool MayChange { get; init; }

    /// <summary>Which of some source states the map in a store belongs to; null: none of them, or there is no map that can be used.</summary>
    /// <exception cref="BlockException">It cannot be read.</exception>
    public static async Task<string?> FindStateAsync(ResumeStore store, DigestAlgorithm algorithm, long lengthBytes, IEnumerable<string> states, CancellationToken cancellationToken) =>
        await BlockCopier.LoadAsync(store, cancellationToken) is { } map ? ResumeMap.StateOf(map, algorithm, lengthBytes, states) : null;
}
