using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Steps;

/// <summary>The digests of one disk on both sides, leaf by leaf: a round brings them up to date by reading what it changed, so that the digest of the whole is known at every checkpoint.</summary>
/// <param name="Source">Of what was read at the source.</param>
/// <param name="Target">Of what the target has returned.</param>
internal sealed record DiskTrees(DigestTree Source, DigestTree Target) : IDisposable
{
    internal bool AreEqual => Source.Text() == Target.Text();

    public void Dispose()
    {
        Source.Dispose();
        Target.Dispose();
    }
}
