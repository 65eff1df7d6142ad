namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A qcow2 image of version 2 or 3 with its backing files, read only.</summary>
/// <remarks>
/// <code>
/// disk range -> top layer: data | zero | compressed | nothing -> next layer: ... -> last layer: nothing = zeroes
/// </code>
/// The layers are asked in a loop, not by recursion, so a chain may be as long as the system lets us open files.
/// </remarks>
internal sealed class Qcow2Reader : ImageReader
{
    /// <summary>All layers' L1 tables together: enough for 8 PiB of disk at 64 KiB clusters, and a bound for what a hostile chain can make us hold.</summary>
    private const long MaxChainL1Bytes = 128L << 20;

    private readonly List<Layer> _layers;
    private readonly Qcow2Layer _top;
    private readonly bool _isSnapshot;
    private readonly Qcow2Decompressor _decompressor = new();
    private readonly Lazy<IReadOnlyList<Qcow2Bitmap>> _bitmaps;

    private Qcow2Reader(List<Layer> layers, IReadOnlyList<Qcow2Snapshot> snapshots, bool isSnapshot)
    {
        _layers = layers;
        _top = layers[0].Qcow2!;
        _isSnapshot = isSnapshot;
        Snapshots = snapshots;
        _bitmaps = new(() => new Qcow2Bitmaps(_top.File, _top.Header).ReadAll());
    }

    internal override string FilePath => _top.File.FilePath;

    internal override long LengthBytes => _top.LengthBytes;

    internal int ClusterBytes => _top.Header.ClusterBytes;

    /// <summary>The image was not closed cleanly and its refcounts may be wrong. They are not needed for reading.</summary>
    internal bool IsDirty => _top.Header.IsDirty;

    /// <summary>The files of the chain, the top first.</summary>
    internal IReadOnlyList<string> Chain => [.. _layers.Select(layer => layer.FilePath)];

    internal IReadOnlyList<Qcow2Snapshot> Snapshots { get; }

    /// <exception cref="ImageException">The bitmap directory is malformed.</exception>
    internal IReadOnlyList<Qcow2Bitmap> Bitmaps => _bitmaps.Value;

    /// <summary>Opens the image and all that it rests on, with QEMU's locks taken for reading on each.</summary>
    /// <exception cref="ImageException">A file of the chain cannot be opened, is in use, malformed, or uses what we do not do.</exception>
    internal static Qcow2Reader Open(string path, ImageOpenOptions options)
    {
        var layers = new List<Layer>();
        try
        {
            var cache = new Qcow2TableCache(options.TableCacheBytes);
            var top = HostFile.OpenForReading(path);
            layers.Add(new Layer(top));
            ImageLocks.TakeForReading(top);
            var header = Qcow2Header.Read(top);
            var snapshots = header.SnapshotCount == 0 ? [] : Qcow2Snapshot.ReadAll(top, header);
            layers[0].Qcow2 = LoadTop(top, header, snapshots, options.Snapshot, cache);
            if (options.Backing != BackingPolicy.TopLayerOnly)
                OpenBacking(layers, options, cache);
            return new Qcow2Reader(layers, snapshots, options.Snapshot is not null);
        }
        catch
        {
            foreach (var layer in layers)
                layer.Dispose();
            throw;
        }
    }

    private static Qcow2Layer LoadTop(HostFile file, Qcow2Header header, IReadOnlyList<Qcow2Snapshot> snapshots, string? wanted, Qcow2TableCache cache)
    {
        if (wanted is null)
            return Qcow2Layer.Load(file, header, header.L1Offset, header.LengthBytes, cache);
        var snapshot = snapshots.FirstOrDefault(s => s.Id == wanted) ?? snapshots.FirstOrDefault(s => s.Name == wanted)
            ?? throw new ImageException(ImageFault.NotFound, file.FilePath, $"it has no snapshot with the id or name \"{wanted}\".");
        header.CheckL1(file, snapshot.L1Offset, snapshot.L1Entries, snapshot.LengthBytes, $"L1 table of snapshot \"{snapshot.Name}\"");
        return Qcow2Layer.Load(file, header, snapshot.L1Offset, snapshot.LengthBytes, cache);
    }

    private static void OpenBacking(List<Layer> layers, ImageOpenOptions options, Qcow2TableCache cache)
    {
        var seen = new HashSet<(ulong, ulong)> { layers[0].File.Identity };
        var l1Bytes = layers[0].Qcow2!.Header.L1EntriesFor(layers[0].LengthBytes) * 8;
        while (layers[^1].Qcow2 is { Header.BackingPath: { } written } overlay)
        {
            if (options.Backing == BackingPolicy.Refuse)
                throw new ImageException(ImageFault.Unsupported, overlay.File.FilePath, $"it has the backing file \"{Shown(written)}\", and this disk must stand alone.");
            var path = BackingPath.Resolve(overlay.File.FilePath, written);
            var format = BackingPath.Format(overlay, options.BackingFormatWhenMissing);
            var file = HostFile.OpenForReading(path);
            var layer = new Layer(file);
            layers.Add(layer);
            if (!seen.Add(file.Identity))
                throw new ImageException(ImageFault.Malformed, overlay.File.FilePath, $"its chain of backing files comes back to {path}.");
            ImageLocks.TakeForReading(file);
            if (format == ImageFormat.Raw)
            {
                layer.Raw = RawFile.Over(file);
                continue;
            }

            var header = Qcow2Header.Read(file);
            l1Bytes += header.L1EntriesFor(header.LengthBytes) * 8;
            if (l1Bytes > MaxChainL1Bytes)
                throw new ImageException(ImageFault.Unsupported, file.FilePath, $"the L1 tables of the chain that it belongs to need more than {MaxChainL1Bytes} bytes of memory.");
            layer.Qcow2 = Qcow2Layer.Load(file, header, header.L1Offset, header.LengthBytes, cache);
        }
    }

    private static string Shown(string path) => Qcow2Header.Printable(System.Text.Encoding.UTF8.GetBytes(path));

    internal override void ReadAt(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        while (buffer.Length > 0)
        {
            var (layer, run) = Locate(offset, buffer.Length);
            var part = buffer[..(int)run.LengthBytes];
            switch (run.Kind)
            {
                case Qcow2RunKind.Data when layer!.Raw is { } raw:
                    raw.ReadAt(part, offset);
                    break;
                case Qcow2RunKind.Data:
                    layer!.Qcow2!.ReadData(part, run.HostOffset);
                    break;
                case Qcow2RunKind.Compressed:
                    _decompressor.Read(layer!.Qcow2!, run, part, (int)(offset & (layer.Qcow2!.Header.ClusterBytes - 1)));
                    break;
                default:
                    part.Clear();
                    break;
            }

            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }

    /// <summary>Which layer stores the byte at an offset, and how many bytes from there on are stored in that way; no layer when none does.</summary>
    private (Layer? Layer, Qcow2Run Run) Locate(long offset, long atMost)
    {
        foreach (var layer in _layers)
        {
            // A layer that is shorter than the disk stores nothing beyond its end, and hides the longer ones below it.
            if (offset >= layer.LengthBytes)
                break;
            atMost = Math.Min(atMost, layer.LengthBytes - offset);
            if (layer.Raw is not null)
                return (layer, new Qcow2Run(Qcow2RunKind.Data, atMost, offset));
            var run = layer.Qcow2!.Map(offset, atMost);
            if (run.Kind != Qcow2RunKind.Unallocated)
                return (layer, run);
            atMost = run.LengthBytes;
        }

        return (null, new Qcow2Run(Qcow2RunKind.Unallocated, atMost));
    }

    internal override IEnumerable<ImageExtent> Extents(Extent within)
    {
        CheckRange(within.Offset, within.LengthBytes);
        return Join(Parts(within));
    }

    private IEnumerable<ImageExtent> Parts(Extent within)
    {
        for (var at = within.Offset; at < within.End;)
        {
            var (layer, run) = Locate(at, within.End - at);
            var (kind, length) = run.Kind switch
            {
                Qcow2RunKind.Data when layer!.Raw is { } raw => raw.StoredAt(at, run.LengthBytes),
                Qcow2RunKind.Data or Qcow2RunKind.Compressed => (ImageExtentKind.Data, run.LengthBytes),
                Qcow2RunKind.Zero => (ImageExtentKind.Zero, run.LengthBytes),
                _ => (ImageExtentKind.Hole, run.LengthBytes),
            };
            yield return new ImageExtent(new Extent(at, length), kind);
            at += length;
        }
    }

    /// <summary>The ranges that a persistent bitmap of the top layer marks as written, in order, neighbours joined.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the disk.</exception>
    /// <exception cref="ImageException">There is no such bitmap, or it is inconsistent: then nothing that it says can be relied on.</exception>
    internal IEnumerable<Extent> DirtyExtents(string bitmap, Extent within)
    {
        if (_isSnapshot)
            throw new ImageException(ImageFault.Unsupported, FilePath, $"bitmap \"{bitmap}\" belongs to the current state of the disk, and a snapshot is open.");
        CheckRange(within.Offset, within.LengthBytes);
        return new Qcow2Bitmaps(_top.File, _top.Header).Dirty(bitmap, within);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (var layer in _layers)
            layer.Dispose();
    }

    private sealed class Layer(HostFile file) : IDisposable
    {
        internal HostFile File { get; } = file;

        internal Qcow2Layer? Qcow2 { get; set; }

        internal RawFile? Raw { get; set; }

        internal string FilePath => File.FilePath;

        internal long LengthBytes => Qcow2?.LengthBytes ?? Raw!.LengthBytes;

        public void Dispose() => File.Dispose();
    }
}
