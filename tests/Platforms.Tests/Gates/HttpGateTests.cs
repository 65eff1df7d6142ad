using System.Net;
using System.Net.Sockets;
using System.Text;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Gates;

/// <summary>Over a real socket on this machine.</summary>
public sealed class HttpGateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstatus=up", 200, "status=up", true, "answered 200 with \"status=up\"")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, null, true, "answered 204")]
    [InlineData("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 200, null, false, "answers 503, not 200")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 200, null, false, "answers 302, not 200")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstatus=down", 200, "status=up", false, "answers 200 without \"status=up\"")]
    [InlineData("nonsense\r\n\r\n", 200, null, false, "http://127.0.0.1")]
    [InlineData("", 200, null, false, "http://127.0.0.1")]
    public async Task An_answer_counts_by_its_status_and_its_text(string answer, int status, string? contains, bool passes, string says)
    {
        using var server = new Server(answer, TimeSpan.Zero);
        var (passed, what) = await HttpGate.TryAsync(Probe($"http://{{guest}}:{server.Port}/health", status, contains), "127.0.0.1", Cancel);
        Assert.True(passed == passes, what);
        Assert.Contains(says, what, StringComparison.Ordinal);
        Assert.StartsWith("GET /health HTTP/1.1", server.Asked, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_right_answer_that_comes_too_late_does_not_count()
    {
        using var server = new Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", TimeSpan.FromMilliseconds(300));
        var probe = Probe($"http://127.0.0.1:{server.Port}/", 200, null);
        var (passed, what) = await HttpGate.TryAsync(probe with { Http = probe.Http! with { MaxLatency = TimeSpan.FromMilliseconds(50) } }, null, Cancel);
        Assert.False(passed);
        Assert.Contains("to answer", what, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_server_that_is_not_there_is_told_as_such()
    {
        var (passed, what) = await HttpGate.TryAsync(Probe("http://127.0.0.1:1/", 200, null), null, Cancel);
        Assert.False(passed);
        Assert.Contains("refused", what, StringComparison.OrdinalIgnoreCase);
    }

    private static ProbeSpec Probe(string url, int status, string? contains) =>
        new(ProbeKind.Http, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), Contains: contains) { Http = new HttpProbe(url, status, null, true) };

    /// <summary>Answers its first request and closes.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        internal Server(string answer, TimeSpan pause)
        {
            _listener.Start();
            _ = ServeAsync(answer, pause);
        }

        internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        internal string Asked { get; private set; } = "";

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string answer, TimeSpan pause)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            var request = new byte[4096];
            Asked = Encoding.ASCII.GetString(request, 0, await stream.ReadAsync(request));
            await Task.Delay(pause);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        }
    }
}
