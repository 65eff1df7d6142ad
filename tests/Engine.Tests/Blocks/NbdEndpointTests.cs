using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

public sealed class NbdEndpointTests
{
    [Theory]
    [InlineData("nbd://host/", "host", 10809, "", false, null)]
    [InlineData("nbd://host:10810/disk%20one", "host", 10810, "disk one", false, null)]
    [InlineData("nbds://host/vda", "host", 10809, "vda", true, null)]
    [InlineData("nbd://[::1]:5/x", "::1", 5, "x", false, null)]
    [InlineData("nbd+unix:///vda?socket=/run/a%20b.sock", "localhost", 10809, "vda", false, "/run/a b.sock")]
    [InlineData("nbds+unix:///?socket=/s", "localhost", 10809, "", true, "/s")]
    public void An_address_is_read_and_written_the_same(string text, string host, int port, string export, bool tls, string? socket)
    {
        var endpoint = NbdEndpoint.Parse(text);
        Assert.Equal((host, port, export, tls, socket), (endpoint.Host, endpoint.Port, endpoint.Export, endpoint.Tls, endpoint.SocketPath));
        Assert.Equal(endpoint, NbdEndpoint.Parse(endpoint.ToString()));
    }

    [Theory]
    [InlineData("http://host/", "scheme")]
    [InlineData("nbd+unix:///vda", "names no socket")]
    [InlineData("disk.img", "not an NBD address")]
    [InlineData("nbd://me:secret@host/", "credentials")]
    public void What_is_no_address_is_refused_with_the_reason(string text, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => NbdEndpoint.Parse(text));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }
}
