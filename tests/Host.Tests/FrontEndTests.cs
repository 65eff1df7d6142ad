using VmMigrate.Host.Pulumi;

namespace VmMigrate.Host.Tests;

public sealed class FrontEndTests
{
    private static readonly FrontEnd[] _table =
    [
        Front("terraform-provider-", start => start.Variable("COOKIE") is not null),
        Front("pulumi-resource-", start => PulumiArguments.EngineAddress(start.Arguments) is not null),
        Front("", _ => true),
    ];

    [Theory]
    [InlineData("terraform-provider-vmmigrate_v0.1.0", "", "", "terraform-provider-")]
    [InlineData("pulumi-resource-vmmigrate", "", "", "pulumi-resource-")]
    [InlineData("pulumi-resource-vmmigrate.exe", "127.0.0.1:4000", "cookie", "pulumi-resource-")]
    [InlineData("vmmigrate", "", "cookie", "terraform-provider-")]
    [InlineData("vmmigrate", "--logtostderr -v=9 --tracing http://x:1 127.0.0.1:4000", "", "pulumi-resource-")]
    [InlineData("vmmigrate", "watch", "", "")]
    [InlineData("vmmigrate", "127.0.0.1:4000 watch", "", "")]
    [InlineData("vmmigrate", "", "", "")]
    public void The_name_decides_and_then_the_environment_and_the_arguments(string file, string arguments, string cookie, string expected)
    {
        var start = new Invocation(
            file, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => name == "COOKIE" && cookie.Length > 0 ? cookie : null);

        Assert.Equal(expected, FrontEnd.Pick(_table, start).FilePrefix);
    }

    [Theory]
    [InlineData("127.0.0.1:4000", true)]
    [InlineData("[::1]:4000", true)]
    [InlineData("localhost:4000", true)]
    [InlineData("4000", false)]
    [InlineData("127.0.0.1:0", false)]
    [InlineData("127.0.0.1:70000", false)]
    [InlineData("-v=9", false)]
    [InlineData("a b:4000", false)]
    public void An_address_has_a_host_and_a_port(string argument, bool isAddress) =>
        Assert.Equal(isAddress ? argument : null, PulumiArguments.EngineAddress([argument]));

    private static FrontEnd Front(string prefix, Func<Invocation, bool> fits) => new(prefix, fits, _ => Task.FromResult(0));
}
