using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VmMigrate.Engine.Blocks.Images;

namespace VmMigrate.Engine.Tests.Blocks.Images;

/// <summary>Random work on images, compared with a plain array and with what QEMU's tools make of it.</summary>
public sealed class Qcow2Properties
{
    private const int Sector = 512;

    public enum Kind
    {
        Write,
        Zero,
        Flush,
        WriteBack,
        Reopen,
    }

    public sealed record Act(Kind Kind, int At, int Length, int Seed);

    public sealed record Story(int ClusterBits, int Length, int TableCacheBytes, Act[] Acts);

    public sealed record Layout(string Options, int Length, int BackingLength, bool BackingIsRaw, Act[] Below, Act[] Above);

    public static Arbitrary<Story> Stories { get; } = Arb.From(
        from bits in Gen.Choose(9, 17)
        from sectors in Gen.Choose(1, 6_000)
        from cache in Gen.Elements(1, 1 << 20)
        from acts in Acts(sectors * Sector, [Kind.Write, Kind.Write, Kind.Write, Kind.Write, Kind.Zero, Kind.Zero, Kind.Flush, Kind.WriteBack, Kind.Reopen])
        select new Story(bits, sectors * Sector, cache, acts), Shrink);

    public static Arbitrary<Layout> Layouts { get; } = (
        from version in Gen.Elements("compat=0.10", "compat=1.1", "compat=1.1,lazy_refcounts=on", "compat=1.1,extended_l2=on")
        from bits in Gen.Choose(version.Contains("extended", StringComparison.Ordinal) ? 14 : 9, 17)
        from sectors in Gen.Choose(1, 6_000)
        from below in Gen.Choose(1, 6_000)
        from raw in ArbMap.Default.GeneratorFor<bool>()
        from belowActs in Acts(below * Sector, [Kind.Write, Kind.Zero])
        from aboveActs in Acts(sectors * Sector, [Kind.Write, Kind.Write, Kind.Zero])
        select new Layout($"{version},cluster_size={1 << bits}", sectors * Sector, below * Sector, raw, belowActs, aboveActs)).ToArbitrary();

    [Property(MaxTest = 60, Arbitrary = [typeof(Qcow2Properties)])]
    public void Whatever_is_written_is_what_qemu_reads(Story story)
    {
        using var folder = new ImageFolder();
        var options = new Qcow2WriterOptions { ClusterBytes = 1 << story.ClusterBits, TableCacheBytes = story.TableCacheBytes };
        var content = new byte[story.Length];
        var image = Qcow2Writer.Create(folder["disk.qcow2"], story.Length, options);
        try
        {
            foreach (var act in story.Acts)
            {
                var part = content.AsSpan(act.At, act.Length);
                switch (act.Kind)
                {
                    case Kind.Write:
                        new Random(act.Seed).NextBytes(part);
                        image.WriteAt(part, act.At);
                        break;
                    case Kind.Zero:
                        part.Clear();
                        image.WriteZeroesAt(act.At, act.Length);
                        break;
                    case Kind.Flush:
                        image.Flush();
                        break;
                    case Kind.WriteBack:
                        image.WriteBack();
                        break;
                    default:
                        image.Dispose();
                        image = Qcow2Writer.Open(folder["disk.qcow2"], options);
                        break;
                }
            }

            Assert.Equal(content, ImageFolder.BytesByUs(image));
            ImageFolder.CheckExtents(image, content);
        }
        finally
        {
            image.Dispose();
        }

        folder.CheckIsClean("disk.qcow2");
        File.WriteAllBytes(folder["disk.raw"], content);
        folder.QemuImg("compare", "-f", "qcow2", "-F", "raw", "disk.qcow2", "disk.raw");
        Assert.Equal(content, folder.BytesByUs("disk.qcow2"));
    }

    [Property(MaxTest = 60, Arbitrary = [typeof(Qcow2Properties)])]
    public void Whatever_qemu_writes_is_what_we_read(Layout layout)
    {
        using var folder = new ImageFolder();
        var format = layout.BackingIsRaw ? "raw" : "qcow2";
        folder.QemuImg("create", "-q", "-f", format, "base", $"{layout.BackingLength}");
        if (layout.Below.Length > 0)
            folder.QemuIo("base", format, Commands(layout.Below));
        folder.QemuImg("create", "-q", "-f", "qcow2", "-o", layout.Options, "-F", format, "-b", "base", "top.qcow2", $"{layout.Length}");
        if (layout.Above.Length > 0)
            folder.QemuIo("top.qcow2", "qcow2", Commands(layout.Above));

        using var image = Qcow2Reader.Open(folder["top.qcow2"], ImageOpenOptions.Default);
        var content = folder.BytesByQemu("top.qcow2");
        Assert.Equal(content, ImageFolder.BytesByUs(image, 10_007));
        ImageFolder.CheckExtents(image, content);
    }

    private static string[] Commands(Act[] acts) =>
        [.. acts.Select(act => act.Kind == Kind.Zero ? $"write -z {act.At} {act.Length}" : $"write -P {(act.Seed % 255) + 1} {act.At} {act.Length}")];

    private static Gen<Act[]> Acts(int length, Kind[] kinds) => (
        from kind in Gen.Elements(kinds)
        from at in Gen.Choose(0, length - 1)
        from wished in Gen.Elements(1, 100, 512, 4096, 5000, 65536, 70_000, 1 << 20)
        from exact in Gen.Choose(1, wished)
        from isAligned in ArbMap.Default.GeneratorFor<bool>()
        from seed in Gen.Choose(0, 1 << 30)
        select new Act(kind, isAligned ? at & ~4095 : at, Math.Min(isAligned ? wished : exact, length - (isAligned ? at & ~4095 : at)), seed)).ArrayOf()
        .Resize(25);

    private static IEnumerable<Story> Shrink(Story story)
    {
        for (var i = 0; i < story.Acts.Length; i++)
            yield return story with { Acts = [.. story.Acts[..i], .. story.Acts[(i + 1)..]] };
    }
}
