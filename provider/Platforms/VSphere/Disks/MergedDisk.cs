using System.Net.Http.Headers;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>A flat disk as it is to be: what the spool holds, and else what its file holds by now.</summary>
internal sealed class MergedDisk(FlatDisk disk, Spool spool)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>The longest range that one GET of the old file takes.</summary>
    private const long MostBytes = 64L << 20;

    internal long LengthBytes => disk.LengthBytes;

    /// <summary>Hands over the disk from its start to its end. Pieces begin at leaves, and end at one or at the disk's end; the memory is good until the next.</summary>
    /// <param name="zeroes">Where nothing was ever written: offset and length.</param>
    internal async Task ReadAsync(Func<long, ReadOnlyMemory<byte>, ValueTask> piece, Func<long, long, ValueTask> zeroes, CancellationToken cancellation)
    {
        var buffer = new byte[PieceBytes];
        for (long at = 0; at < disk.LengthBytes;)
        {
            var end = spool.EndOfRun(at, MostBytes);
            if (spool.IsWritten(at / DigestTree.LeafBytes))
            {
                for (; at < end; at += Math.Min(buffer.Length, end - at))
                {
                    var count = (int)Math.Min(buffer.Length, end - at);
                    spool.Read(at, buffer.AsSpan(0, count));
                    await piece(at, buffer.AsMemory(0, count)).ConfigureAwait(false);
                }
            }
            else if (at < disk.FileBytes)
            {
                end = Math.Min(end, disk.FileBytes);
                await ReadOldAsync(at, end, buffer, piece, cancellation).ConfigureAwait(false);
                at = end;
            }
            else
            {
                await zeroes(at, end - at).ConfigureAwait(false);
                at = end;
            }
        }
    }

    private async Task ReadOldAsync(long at, long end, byte[] buffer, Func<long, ReadOnlyMemory<byte>, ValueTask> piece, CancellationToken cancellation)
    {
        using var response = await disk.Files.SendAsync(disk.File, HttpMethod.Get, new RangeHeaderValue(at, end - 1), null, cancellation).ConfigureAwait(false);
        disk.Files.Good(disk.File, response);
        var content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            for (; at < end; at += Math.Min(buffer.Length, end - at))
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - at));
                await content.ReadExactlyAsync(part, cancellation).ConfigureAwait(false);
                await piece(at, part).ConfigureAwait(false);
            }
        }
    }
}
