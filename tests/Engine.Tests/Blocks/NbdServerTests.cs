using System.Net.Sockets;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Tests;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>Our server with clients that are not ours, and TLS both ways.</summary>
public sealed class NbdServerTests
{
    private const int Limit = 60_000;
    private const int MiB = 1 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Nbdcopy_and_qemu_img_read_and_write_our_server()
    {
        await using var scratch = new Scratch();
        const int length = 50 * MiB + 1000;
        var image = await scratch.ImageAsync("disk", "raw", length, (0, Scratch.Noise(1, 3 * MiB)), (40 * MiB + 77, Scratch.Noise(2, 5 * MiB)));
        var disk = new MemoryDisk("disk", length);
        await using var server = Serve(scratch, ("vda", disk));
        await Scratch.RunAsync("nbdcopy", image, server.Endpoint.ToString());
        Assert.InRange(disk.StoredBytes, 8 * MiB, 9 * MiB);
        await Scratch.RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", image, server.Endpoint.ToString());

        await Scratch.RunAsync("nbdcopy", server.Endpoint.ToString(), scratch.File("back"));
        await Scratch.RunAsync("cmp", image, scratch.File("back"));
        await Scratch.RunAsync("qemu-img", "convert", "-f", "raw", "-O", "raw", server.Endpoint.ToString(), scratch.File("again"));
        await Scratch.RunAsync("cmp", "-n", $"{length}", image, scratch.File("again"));
    }

    [Fact(Timeout = Limit)]
    public async Task Nbdinfo_lists_exports_and_sees_what_is_allocated()
    {
        await using var scratch = new Scratch();
        var disk = new MemoryDisk("one", 10 * MiB);
        disk.Write(MiB, [1]);
        await using var server = Serve(scratch, ("one", disk), ("two", new MemoryDisk("two", MiB)));
        var list = await Scratch.RunAsync("nbdinfo", "--list", "--json", (server.Endpoint with { Export = "" }).ToString());
        Assert.Contains("\"two\"", list, StringComparison.Ordinal);
        var map = await Scratch.RunAsync("nbdinfo", "--map", server.Endpoint.ToString());
        Assert.Matches(@"0\s+1048576\s+3\s+hole,zero\s+1048576\s+65536\s+0\s+data\s+1114112\s+9371648\s+3", map);
    }

    [Fact(Timeout = Limit)]
    public async Task An_export_that_does_not_exist_and_one_that_is_read_only_are_refused()
    {
        await using var scratch = new Scratch();
        var path = await scratch.ImageAsync("disk", "raw", MiB);
        using var file = File.OpenHandle(path);
        await using var server = NbdServer.Start(
            NbdEndpoint.Unix(scratch.NewSocket()), new Dictionary<string, NbdServedDisk> { ["ro"] = new NbdServedFile(file, isReadOnly: true) }, null, TimeSpan.FromSeconds(10));
        var missing = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(server.Endpoint with { Export = "nothing" }, new NbdOptions(), Stop));
        Assert.Equal((BlockErrorKind.Refused, "NBD_REP_ERR_UNKNOWN"), (missing.Kind, missing.Code));
        Assert.Contains("nothing", missing.Message, StringComparison.Ordinal);
        var readOnly = await Assert.ThrowsAsync<BlockException>(() => NbdWriter.ConnectAsync(server.Endpoint, new NbdOptions(), Stop));
        Assert.Contains("read-only", readOnly.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Tls_works_between_our_client_and_our_server_and_keeps_strangers_out()
    {
        await using var scratch = new Scratch();
        var ours = new Certificates(scratch.File("ours"));
        var strangers = new Certificates(scratch.File("strangers"));
        var disk = new MemoryDisk("disk", 20 * MiB);
        disk.Write(MiB, Scratch.Noise(1, 9 * MiB));
        await using var server = NbdServer.Start(
            NbdEndpoint.Tcp("127.0.0.1", 0) with { Tls = true }, new Dictionary<string, NbdServedDisk> { ["vda"] = new NbdServedMemory(disk) }, ours.ForServer, TimeSpan.FromSeconds(10));

        await using var reader = await NbdReader.ConnectAsync(server.Endpoint, new NbdOptions { Tls = ours.ForClient }, Stop);
        var digest = await BlockCopier.DigestAsync(reader, null, new CopyOptions(), null, Stop);
        Assert.Equal((await BlockCopier.DigestAsync(disk.Reader(), null, new CopyOptions(), null, Stop)).Digest, digest.Digest);

        // Our trust, their certificate; their trust, our certificate; no certificate at all; no TLS at all.
        foreach (var tls in new[] { ours.ForClient with { Certificate = strangers.Client }, strangers.ForClient with { Certificate = ours.Client }, ours.ForClient with { Certificate = null } })
            await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(server.Endpoint, new NbdOptions { Tls = tls }, Stop));
        var clear = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(server.Endpoint with { Tls = false }, new NbdOptions(), Stop));
        Assert.Equal("NBD_REP_ERR_TLS_REQD", clear.Code);
        var wrongName = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(server.Endpoint, new NbdOptions { Tls = ours.ForClient with { ServerName = "elsewhere" } }, Stop));
        Assert.Equal(BlockErrorKind.Refused, wrongName.Kind);

        var address = $"nbds://localhost:{server.Endpoint.Port}/vda?tls-certificates={ours.Directory}";
        await Scratch.RunAsync("nbdcopy", address, scratch.File("copy"));
        await using var written = File.OpenRead(scratch.File("copy"));
        written.Position = MiB;
        var some = new byte[MiB];
        await written.ReadExactlyAsync(some, Stop);
        Assert.Equal(Scratch.Noise(1, 9 * MiB)[..MiB], some);
    }

    [Theory(Timeout = Limit)]
    [InlineData("qemu-nbd")]
    [InlineData("nbdkit")]
    public async Task Tls_works_with_servers_that_are_not_ours(string tool)
    {
        await using var scratch = new Scratch();
        var certificates = new Certificates(scratch.File("tls"));
        var content = Scratch.Noise(1, 7 * MiB);
        var image = await scratch.ImageAsync("disk", "raw", 16 * MiB, (MiB, content));
        var port = FreePort.Find();
        string[] arguments = tool == "qemu-nbd"
            ? ["--persistent", "-f", "raw", "--shared=4", "-b", "127.0.0.1", "-p", $"{port}", "--object", $"tls-creds-x509,id=tls0,endpoint=server,dir={certificates.Directory},verify-peer=on", "--tls-creds", "tls0", "--pid-file", scratch.File("up"), image]
            : ["-f", "-i", "127.0.0.1", "-p", $"{port}", "--tls=require", $"--tls-certificates={certificates.Directory}", "--tls-verify-peer", "-P", scratch.File("up"), "file", image];
        await scratch.StartAsync(scratch.File("up"), tool, arguments);
        var endpoint = NbdEndpoint.Tcp("127.0.0.1", port) with { Tls = true };
        await using (var writer = await NbdWriter.ConnectAsync(endpoint, new NbdOptions { Tls = certificates.ForClient }, Stop))
        {
            var change = new MemoryDisk("change", 16 * MiB);
            change.Write(MiB, content);
            change.Write(12 * MiB, Scratch.Noise(2, MiB));
            var result = await BlockCopier.CopyAsync(change.Reader(), writer, new CopyOptions { ReadBack = true }, null, Stop);
            Assert.Equal(result.SourceDigest, result.TargetDigest);
        }

        var refused = await Assert.ThrowsAsync<BlockException>(() => NbdReader.ConnectAsync(endpoint with { Tls = false }, new NbdOptions(), Stop));
        Assert.Equal(BlockErrorKind.Refused, refused.Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_talks_nonsense_ends_its_own_connection_only()
    {
        await using var scratch = new Scratch();
        var disk = new MemoryDisk("disk", MiB);
        await using var server = Serve(scratch, ("vda", disk));
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.Endpoint.SocketPath!), Stop);
            var hello = new byte[18];
            await socket.ReceiveAsync(hello, Stop);
            var nonsense = new byte[random.Next(1, 200)];
            random.NextBytes(nonsense);
            if (i % 2 == 0)
            {
                // A good beginning, then an option of a length that nobody has.
                new byte[] { 0, 0, 0, 3, 0x49, 0x48, 0x41, 0x56, 0x45, 0x4F, 0x50, 0x54, 0, 0, 0, 7 }.AsSpan(0, Math.Min(16, nonsense.Length)).CopyTo(nonsense);
            }

            await socket.SendAsync(nonsense, Stop);
        }

        await using var reader = await NbdReader.ConnectAsync(server.Endpoint, new NbdOptions(), Stop);
        Assert.Equal(MiB, (await BlockCopier.DigestAsync(reader, null, new CopyOptions(), null, Stop)).TotalBytes);
    }

    internal static NbdServer Serve(Scratch scratch, params (string Name, MemoryDisk Disk)[] disks) => NbdServer.Start(
        NbdEndpoint.Unix(scratch.NewSocket()),
        disks.ToDictionary(d => d.Name, d => (NbdServedDisk)new NbdServedMemory(d.Disk)),
        null,
        TimeSpan.FromSeconds(30));
}
