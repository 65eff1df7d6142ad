using System.Buffers;
using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Reads compressed clusters and remembers the last ones, since a guest cluster is often read in several pieces.</summary>
internal sealed class Qcow2Decompressor
{
    /// <summary>QEMU compresses one cluster (at most 2 MiB) per frame, so no honest frame needs a larger window; without a limit a frame may ask for 128 MiB.</summary>
    private const int ZstdWindowLog = 22;

    /// <summary>As many as threads usually read one disk.</summary>
    private const int Remembered = 4;

    private readonly Lock _gate = new();
    private readonly Cluster?[] _recent = new Cluster?[Remembered];
    private int _next;

    /// <summary>Fills <paramref name="buffer"/> with bytes of a compressed cluster from <paramref name="within"/> it.</summary>
    internal void Read(Qcow2Layer layer, Qcow2Run run, Span<byte> buffer, int within)
    {
        var bytes = layer.Header.ClusterBytes;
        if (buffer.Length == bytes)
        {
            Decompress(layer.File, layer.Header, run, buffer);
            return;
        }

        lock (_gate)
        {
            foreach (var cluster in _recent)
            {
                if (cluster is not null && cluster.Layer == layer && cluster.HostOffset == run.HostOffset)
                {
                    cluster.Bytes.AsSpan(within, buffer.Length).CopyTo(buffer);
                    return;
                }
            }
        }

        var whole = new byte[bytes];
        Decompress(layer.File, layer.Header, run, whole);
        whole.AsSpan(within, buffer.Length).CopyTo(buffer);
        lock (_gate)
            _recent[_next++ % Remembered] = new Cluster(layer, run.HostOffset, whole);
    }

    /// <exception cref="ImageException">The bytes do not decompress to one cluster.</exception>
    internal static void Decompress(HostFile file, Qcow2Header header, Qcow2Run run, Span<byte> cluster)
    {
        var compressed = ArrayPool<byte>.Shared.Rent(run.CompressedBytes);
        try
        {
            file.ReadExactly(compressed.AsSpan(0, run.CompressedBytes), run.HostOffset, "compressed data");
            var done = header.CompressesWithZstd
                ? Zstd(compressed.AsSpan(0, run.CompressedBytes), cluster)
                : Deflate(compressed, run.CompressedBytes, cluster);
            if (!done)
                throw new ImageException(ImageFault.Malformed, file.FilePath, $"the compressed cluster at offset {run.HostOffset} does not decompress to {cluster.Length} bytes.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    private static bool Deflate(byte[] compressed, int length, Span<byte> cluster)
    {
        try
        {
            using var source = new MemoryStream(compressed, 0, length, writable: false);
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            return inflate.ReadAtLeast(cluster, cluster.Length, throwOnEndOfStream: false) == cluster.Length;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return false;
        }
    }

    /// <summary>By stream, since the length in the L2 entry is rounded up to sectors: what follows the frame is not ours.</summary>
    private static unsafe bool Zstd(ReadOnlySpan<byte> compressed, Span<byte> cluster)
    {
        var context = Methods.ZSTD_createDCtx();
        try
        {
            Methods.ZSTD_DCtx_setParameter(context, ZSTD_dParameter.ZSTD_d_windowLogMax, ZstdWindowLog);
            fixed (byte* source = compressed, target = cluster)
            {
                var input = new ZSTD_inBuffer_s { src = source, size = (nuint)compressed.Length };
                var output = new ZSTD_outBuffer_s { dst = target, size = (nuint)cluster.Length };
                while (output.pos < output.size)
                {
                    var (before, written) = (input.pos, output.pos);
                    var result = Methods.ZSTD_decompressStream(context, &output, &input);
                    if (Methods.ZSTD_isError(result) || (input.pos == before && output.pos == written))
                        return false;
                    if (result == 0)
                        break;
                }

                return output.pos == output.size;
            }
        }
        catch (ZstdException)
        {
            return false;
        }
        finally
        {
            Methods.ZSTD_freeDCtx(context);
        }
    }

    private sealed record Cluster(Qcow2Layer Layer, long HostOffset, byte[] Bytes);
}
