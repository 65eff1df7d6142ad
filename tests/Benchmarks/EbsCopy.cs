using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;
using VmMigrate.Platforms.Aws;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Benchmarks;

/// <summary>Blocks of 512 KiB from memory to an endpoint: by our copier into a snapshot, or as plain PUTs. Prints seconds, peak memory in KiB and seconds of processor time.</summary>
internal static class EbsCopy
{
    private const int BlockBytes = 512 << 10;
    private const int NoiseBytes = 8 << 20;

    private static readonly ConcurrentStack<byte[]> Used = new();

    /// <summary>Our way, with everything that a real copy does: zeroes looked for, checksums, signatures, the journal.</summary>
    /// <param name="args">ENDPOINT BLOCKS IN-FLIGHT</param>
    internal static async Task<int> OursAsync(string[] args)
    {
        var (endpoint, blocks, inFlight) = (new Uri(args[0]), Number(args[1]), Number(args[2]));
        var settings = new AwsSettings { Region = "xx-test-1", AccessKeyId = "bench", SecretAccessKey = "bench", Endpoint = endpoint, BlocksPerSecond = 1_000_000, BlocksInFlight = inFlight };
        using var connection = new AwsConnection("bench", settings, TimeProvider.System);
        var ebs = new EbsClient(connection, new EbsPace(settings.BlocksPerSecond, TimeProvider.System), TimeProvider.System);
        await using var source = new Noise((long)blocks * BlockBytes);
        using var disk = new SnapshotDisk(ebs, new OneSnapshot(ebs, (blocks + 2047) / 2048), "bench", source.LengthBytes);
        await using var writer = new EbsWriter(disk, inFlight);
        // Connections and code are warm on both sides before the clock runs.
        await ebs.PutAsync(await ebs.StartAsync(1, null, null, new Dictionary<string, string>(), "", "warm", CancellationToken.None), 0, source.Block(0), SHA256.HashData(source.Block(0).Span), CancellationToken.None);
        var since = Stopwatch.GetTimestamp();
        var result = await BlockCopier.CopyAsync(source, writer, new CopyOptions { Digest = DigestAlgorithm.None, TargetIsZero = true, Connections = 4 }, null, CancellationToken.None);
        await disk.SealAsync(CancellationToken.None);
        return result.WrittenBytes == source.LengthBytes ? Print(since) : throw new InvalidOperationException($"{result.WrittenBytes} of {source.LengthBytes} bytes were written.");
    }

    /// <summary>The same blocks by plain PUTs: no signature, no looking for zeroes, and no checksum unless it is asked for. Each block is read into a buffer of its own first, as from any disk.</summary>
    /// <param name="args">ENDPOINT BLOCKS IN-FLIGHT</param>
    /// <param name="checksum">With the SHA-256 of each block, as EBS demands it.</param>
    internal static async Task<int> PlainAsync(string[] args, bool checksum)
    {
        var (endpoint, blocks, inFlight) = (new Uri(args[0]), Number(args[1]), Number(args[2]));
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = inFlight, UseProxy = false, UseCookies = false }) { BaseAddress = endpoint };
        await using var source = new Noise((long)blocks * BlockBytes);
        await PutAsync(client, source, 0, checksum);
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, blocks), new ParallelOptions { MaxDegreeOfParallelism = inFlight }, async (index, _) => await PutAsync(client, source, index, checksum));
        return Print(since);
    }

    private static async Task PutAsync(HttpClient client, Noise source, int index, bool checksum)
    {
        var bytes = Used.TryPop(out var used) ? used : new byte[BlockBytes];
        source.Block(index).CopyTo(bytes);
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri($"/plain/{index}", UriKind.Relative)) { Content = new ByteArrayContent(bytes) };
        if (checksum)
        {
            request.Headers.TryAddWithoutValidation("x-amz-checksum", Convert.ToBase64String(SHA256.HashData(bytes)));
        }

        using var reply = await client.SendAsync(request);
        Used.Push(bytes);
        if (reply.StatusCode != HttpStatusCode.Created)
        {
            throw new InvalidOperationException($"The endpoint answered {reply.StatusCode}.");
        }
    }

    private static int Print(long since)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0.000} {Measured.PeakKiB(Environment.ProcessId)} {Environment.CpuUsage.TotalTime.TotalSeconds:0.00}"));
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>A disk of which no block is zeroes, out of a few MiB of memory.</summary>
    private sealed class Noise(long length) : BlockReader
    {
        private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(NoiseBytes);

        public override string Name => "noise";

        public override long LengthBytes => length;

        public override int MaxChannels => 4;

        internal ReadOnlyMemory<byte> Block(int index) => _bytes.AsMemory((int)((long)index * BlockBytes % NoiseBytes), BlockBytes);

        public override BlockReadChannel Open(CancellationToken cancellationToken) => new Channel(this);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Channel(Noise disk) : BlockReadChannel
        {
            private readonly Queue<(long Offset, int Length)> _asked = new(64);
            private (long Offset, int Length) _current;

            public override int Outstanding => _asked.Count + (_current.Length > 0 ? 1 : 0);

            public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

            public override BlockPiece Receive(BlockBuffer buffer)
            {
                if (_current.Length == 0)
                {
                    _current = _asked.Dequeue();
                }

                var piece = new BlockPiece(_current.Offset, Math.Min(_current.Length, DigestTree.LeafBytes), IsZero: false);
                _current = (_current.Offset + piece.LengthBytes, _current.Length - piece.LengthBytes);
                buffer.LengthBytes = piece.LengthBytes;
                disk._bytes.AsSpan((int)(piece.Offset % NoiseBytes), piece.LengthBytes).CopyTo(buffer.Content);
                return piece;
            }

            public override void Abort()
            {
            }

            protected override void Dispose(bool disposing)
            {
            }
        }
    }

    private sealed class OneSnapshot(EbsClient ebs, int sizeGib) : SnapshotLine
    {
        internal override string? Head => null;

        internal override string? Open => null;

        internal override Task<string> BeginAsync(CancellationToken cancellation) =>
            ebs.StartAsync(sizeGib, null, null, new Dictionary<string, string>(), "bench", Guid.NewGuid().ToString("n"), cancellation);

        internal override Task SealedAsync(string snapshot, CancellationToken cancellation) => Task.CompletedTask;
    }
}
