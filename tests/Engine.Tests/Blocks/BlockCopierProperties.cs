using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>The copier against a naive copy: over random extents, sizes and old content of the target.</summary>
public sealed class BlockCopierProperties
{
    private const int Most = 10 << 20;

    [Property(MaxTest = 60)]
    public Property A_copy_is_what_a_naive_copy_is() => Prop.ForAll(Cases(), c =>
    {
        var (source, content) = Disk("source", c.Length, c.Writes);
        var (target, _) = Disk("target", c.Length, c.TargetIsZero ? [] : c.Older);
        var options = new CopyOptions
        {
            TargetIsZero = c.TargetIsZero,
            DetectZeroes = c.DetectZeroes,
            Connections = c.Connections,
            RequestBytes = c.Request,
            ReadBack = true,
        };
        var result = BlockCopier.CopyAsync(source.Reader(), target.Writer(), options, null, CancellationToken.None).GetAwaiter().GetResult();
        var copied = new byte[c.Length];
        target.Read(0, copied);
        return content.AsSpan().SequenceEqual(copied) && result.SourceDigest == result.TargetDigest && result.ReadBytes + result.ZeroBytes >= c.Length;
    });

    [Property(MaxTest = 60)]
    public Property A_round_of_changes_brings_over_those_ranges() => Prop.ForAll(Cases(), c =>
    {
        // The target is as the source was; then the source is written to, at the places that are told.
        var (source, content) = Disk("source", c.Length, c.Older);
        var (target, _) = Disk("target", c.Length, c.Older);
        var changed = new List<Extent>();
        foreach (var (at, length, seed) in c.Writes)
        {
            var bytes = Bytes(length, seed);
            bytes.CopyTo(content, at);
            source.Write(at, bytes);
            changed.Add(new Extent(at, length));
        }

        var ranges = ExtentSet.Of(changed);
        var options = new CopyOptions { Ranges = ranges, Connections = c.Connections, RequestBytes = c.Request, ReadBack = true };
        var result = BlockCopier.CopyAsync(source.Reader(), target.Writer(), options, null, CancellationToken.None).GetAwaiter().GetResult();
        var copied = new byte[c.Length];
        target.Read(0, copied);
        return content.AsSpan().SequenceEqual(copied) && result.ReadBytes <= ranges.RoundOut(DigestTree.LeafBytes, c.Length).TotalBytes;
    });

    private static byte[] Bytes(int length, int seed) => seed % 4 == 0 ? new byte[length] : Scratch.Noise(seed, length);

    private static (MemoryDisk Disk, byte[] Content) Disk(string name, int length, IReadOnlyList<(int At, int Length, int Seed)> writes)
    {
        var disk = new MemoryDisk(name, length);
        var content = new byte[length];
        foreach (var (at, count, seed) in writes)
        {
            var bytes = Bytes(count, seed);
            bytes.CopyTo(content, at);
            disk.Write(at, bytes);
        }

        return (disk, content);
    }

    private static Arbitrary<Case> Cases()
    {
        Gen<(int, int, int)[]> Writes(int length) => length == 0
            ? Gen.Constant(Array.Empty<(int, int, int)>())
            : (from at in Gen.Choose(0, length - 1)
               from unaligned in Gen.Choose(1, 400_000)
               from aligned in Gen.Elements(true, false)
               from seed in Gen.Choose(0, 1000)
               let start = aligned ? at / DigestTree.LeafBytes * DigestTree.LeafBytes : at
               let count = aligned ? (unaligned / DigestTree.LeafBytes + 1) * DigestTree.LeafBytes : unaligned
               select (start, Math.Min(count, length - start), seed)).ArrayOf(12);
        var cases =
            from length in Gen.OneOf(Gen.Choose(0, Most), Gen.Choose(0, 70_000), Gen.Elements(0, 1, 4096, DigestTree.LeafBytes, DigestTree.ChunkBytes, (2 * DigestTree.ChunkBytes) - 1))
            from writes in Writes(length)
            from older in Writes(length)
            from isZero in Gen.Elements(true, false)
            from detect in Gen.Elements(true, false)
            from connections in Gen.Choose(1, 3)
            from request in Gen.Elements(64 << 10, 512 << 10, 1 << 20)
            select new Case(length, writes, older, isZero, detect, connections, request);
        return cases.ToArbitrary();
    }

    private sealed record Case(
        int Length,
        IReadOnlyList<(int At, int Length, int Seed)> Writes,
        IReadOnlyList<(int At, int Length, int Seed)> Older,
        bool TargetIsZero,
        bool DetectZeroes,
        int Connections,
        int Request);
}
