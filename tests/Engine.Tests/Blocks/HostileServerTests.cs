using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>Servers that lie: each ends in a clear error, soon, and without memory for what they only announce.</summary>
/// <remarks>Alone in the process: what is allocated is counted for all of it.</remarks>
[Collection(nameof(AloneInTheProcess))]
public sealed class HostileServerTests
{
    private const int Limit = 120_000;
    private const int Length = 128 << 10;

    private static readonly NbdOptions Impatient = new() { ConnectLimit = TimeSpan.FromSeconds(2), StallLimit = TimeSpan.FromMilliseconds(400) };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task The_honest_script_is_copied() =>
        Assert.Null(await CopyAsync([.. Handshake(Length), .. Status((Length, 0)), .. Data(1, 0, Length, done: true)]));

    [Fact(Timeout = Limit)]
    public async Task Replies_that_break_the_protocol_are_named()
    {
        (string Expected, byte[] Script)[] lies =
        [
            ("not an NBD server", Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n")),
            ("old style", [.. Number64(0x4e42444d41474943), .. Number64(0x00420281861253)]),
            ("no length", [.. Handshake(Length), .. Status((0, 0))]),
            ("without extents", [.. Handshake(Length), .. Chunk(1, 0, 0, [], 0x0100)]),
            ("a block status of", [.. Handshake(Length), .. Header(1, 5, 0x0100, 0xfffffff4)]),
            ("was not made", [.. Handshake(Length), .. Status((Length, 0)), .. Data(77, 0, Length, done: true)]),
            ("where the read", [.. Handshake(Length), .. Status((Length, 0)), .. Data(1, 4096, 512, done: true)]),
            ("where the read", [.. Handshake(Length), .. Status((Length, 0)), .. Header(1, 1, Cookie(1), 8 + Length + 1), .. Number64(0)]),
            ("was answered with", [.. Handshake(Length), .. Status((Length, 0)), .. Data(1, 0, 65536, done: true)]),
            ("hole", [.. Handshake(Length), .. Status((Length, 0)), .. Chunk(1, 2, 1, [.. Number64(0), .. Number32(0)])]),
            ("a data chunk of", [.. Handshake(Length), .. Status((Length, 0)), .. Header(1, 1, Cookie(1), 3)]),
            ("an error of", [.. Handshake(Length), .. Status((Length, 0)), .. Header(1, 0x8001, Cookie(1), 0x7fffffff)]),
            ("wrong magic", [.. Handshake(Length), .. Status((Length, 0)), .. new byte[64]]),
            ("simple reply", [.. Handshake(Length), .. Status((Length, 0)), .. Number32(0x67446698), .. new byte[24]]),
            ("silent", [.. Handshake(Length), .. Status((Length, 0)), .. Data(1, 0, 65536, done: false)]),
            ("EIO (the platter, it is gone)", [.. Handshake(Length), .. Status((Length, 0)), .. Error(1, 5, "the platter,\u0007it is gone")]),
            ("option reply of", [.. Hello(), .. Number64(0x3e889045565a9), .. Number32(8), .. Number32(1), .. Number32(0x7fffffff)]),
            ("without saying its size", [.. Hello(), .. OptionReply(8, 1, []), .. OptionReply(10, 1, []), .. OptionReply(7, 1, [])]),
            ("blocks of at least", [.. Hello(), .. OptionReply(8, 1, []), .. OptionReply(10, 1, []), .. OptionReply(7, 3, [0, 3, .. Number32(3), .. Number32(4096), .. Number32(65536)])]),
            ("silent", Hello()),
        ];
        foreach (var (expected, script) in lies)
        {
            var failed = await CopyAsync(script, options: expected == "silent" ? Impatient : null);
            Assert.NotNull(failed);
            Assert.Contains(expected, failed.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\u0007', failed.Message);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Four_hundred_damaged_conversations_end_in_an_error_or_in_the_right_content()
    {
        byte[] honest = [.. Handshake(Length), .. Status((65536, 0), (65536, 3)), .. Data(1, 0, 65536, done: true)];
        var allocated = GC.GetTotalAllocatedBytes();
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var script = honest.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                // Damage the talk, not the content: that is for digests to find.
                var at = random.Next(honest.Length - 65536);
                script[at] = (byte)random.Next(256);
            }

            if (seed % 5 == 0)
                script = script[..random.Next(script.Length)];
            await CopyAsync(script, close: true, Impatient);
        }

        Assert.True(GC.GetTotalAllocatedBytes() - allocated < 4L << 30, "Announced lengths were believed.");
    }

    /// <summary>Runs a copy against a server that says just this. Returns how it failed; null when it did not.</summary>
    private static async Task<BlockException?> CopyAsync(byte[] script, bool close = false, NbdOptions? options = null)
    {
        await using var scratch = new Scratch();
        var path = scratch.NewSocket();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var serving = ServeAsync(listener, script, close, done.Token);
        try
        {
            await using var reader = await NbdReader.ConnectAsync(NbdEndpoint.Unix(path), options ?? new NbdOptions(), Stop);
            // Damage may have made another size of it; a large disk is not what this is about.
            if (reader.LengthBytes > 1 << 30)
                return null;
            await BlockCopier.CopyAsync(reader, new MemoryDisk("target", reader.LengthBytes).Writer(), new CopyOptions { TargetIsZero = true, Connections = 1 }, null, Stop);
            return null;
        }
        catch (BlockException e)
        {
            return e;
        }
        finally
        {
            done.Cancel();
            await serving;
        }
    }

    private static async Task ServeAsync(Socket listener, byte[] script, bool close, CancellationToken stop)
    {
        try
        {
            using var socket = await listener.AcceptAsync(stop);
            for (var sent = 0; sent < script.Length;)
                sent += await socket.SendAsync(script.AsMemory(sent), stop);
            if (close)
                socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
        }
    }

    private static ulong Cookie(int read) => ((ulong)read + 1) << 8;

    private static byte[] Number16(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Number32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Number64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Hello() => [.. Number64(0x4e42444d41474943), .. Number64(0x49484156454F5054), 0, 3];

    private static byte[] OptionReply(uint option, uint type, byte[] data) =>
        [.. Number64(0x3e889045565a9), .. Number32(option), .. Number32(type), .. Number32((uint)data.Length), .. data];

    private static byte[] Handshake(long length) =>
    [
        .. Hello(),
        .. OptionReply(8, 1, []),
        .. OptionReply(10, 4, [.. Number32(9), .. Encoding.ASCII.GetBytes("base:allocation")]),
        .. OptionReply(10, 1, []),
        .. OptionReply(7, 3, [0, 0, .. Number64((ulong)length), 0, 1]),
        .. OptionReply(7, 1, []),
    ];

    private static byte[] Header(ushort flags, ushort type, ulong cookie, uint payload) =>
        [.. Number32(0x668e33ef), .. Number16(flags), .. Number16(type), .. Number64(cookie), .. Number32(payload)];

    private static byte[] Chunk(ushort flags, ushort type, int read, byte[] payload, ulong? cookie = null) =>
        [.. Header(flags, type, cookie ?? Cookie(read), (uint)payload.Length), .. payload];

    private static byte[] Status(params (uint Length, uint State)[] extents) =>
        Chunk(1, 5, 0, [.. Number32(9), .. extents.SelectMany(e => (byte[])[.. Number32(e.Length), .. Number32(e.State)])], 0x0100);

    private static byte[] Data(int read, long offset, int length, bool done) =>
        Chunk(done ? (ushort)1 : (ushort)0, 1, read, [.. Number64((ulong)offset), .. Scratch.Noise(1, length)]);

    private static byte[] Error(int read, uint error, string text) =>
        Chunk(1, 0x8001, read, [.. Number32(error), .. Number16((ushort)text.Length), .. Encoding.ASCII.GetBytes(text)]);
}
