using System.Text.Json;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Cli;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Resources.Migration;

namespace VmMigrate.Host.Tests.Cli;

public sealed class WatchCommandTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly string _config = Path.GetTempFileName();

    public WatchCommandTests() => File.WriteAllText(_config, $$"""
        sites:
          dc1: { simulator: { world: "{{_config}}", machines: [{ name: web-01, disks: [4MiB], guest: { boot: 100ms, shutdown: 100ms } }, { name: idle-01, disks: [1MiB] }] } }
          dc2: { simulator: { world: "{{_config}}" } }
        """);

    [Fact(Timeout = Limit)]
    public async Task A_moved_VM_is_seen_from_its_stamps_alone_and_no_other()
    {
        var (exit, nothing, _) = await RunAsync("watch", "--config", _config, "--once");
        Assert.Equal((0, "No migration has left a mark at these sites."), (exit, nothing.Trim()));
        await MoveAsync();

        var (_, table, _) = await RunAsync("watch", "--config", _config, "--once");
        Assert.Contains("web-01", table, StringComparison.Ordinal);
        Assert.Contains("CutOver", table, StringComparison.Ordinal);
        Assert.Contains("dc1 → dc2, runs at dc2", table, StringComparison.Ordinal);
        Assert.DoesNotContain("idle-01", table, StringComparison.Ordinal);

        var (_, json, _) = await RunAsync("watch", "--config", _config, "--once", "--format", "json");
        var one = Assert.Single(JsonDocument.Parse(json).RootElement.GetProperty("migrations").EnumerateArray());
        Assert.Equal(("web-01", "CutOver", "dc1", "dc2", "Running"), (
            one.GetProperty("vm").GetString(), one.GetProperty("phase").GetString(), one.GetProperty("home").GetString(), one.GetProperty("place").GetString(), one.GetProperty("powerState").GetString()));
        Assert.False(one.TryGetProperty("drivenBy", out _));
    }

    [Fact(Timeout = Limit)]
    public async Task A_log_gets_one_line_for_each_phase_until_it_is_stopped()
    {
        await MoveAsync();
        using var output = new StringWriter();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var watching = CommandLine.RunAsync(["watch", "--config", _config, "--interval", "50ms"], output, TextWriter.Null, stop.Token);
        while (output.GetStringBuilder().Length == 0)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        // Some looks more, which have nothing new to say.
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.Equal(0, await watching);
        Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory(Timeout = Limit)]
    [InlineData("no site \"dc9\"", "--site", "dc9")]
    [InlineData("--interval wants a duration", "--interval", "soon")]
    public async Task What_is_wrong_is_said(string says, params string[] more)
    {
        var (exit, _, error) = await RunAsync(["watch", "--config", _config, "--once", .. more]);
        Assert.Equal(1, exit);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_config);

    private async Task MoveAsync()
    {
        var (provider, _) = SitesOption.Open(_config, TextWriter.Null, TimeProvider.System);
        await using (provider)
        {
            await Task.Delay(300);
            var (inputs, _) = InputCheck.Run(
                MigrationType.Type.InputObject,
                Value.Map(("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text("web-01")))), ("target", Value.Map(("site", Value.Text("dc2")), ("storagePool", Value.Text("fast"))))),
                "Migration");
            var outcome = await provider.Resources["Migration"].ApplyAsync(
                new ApplyCall("", "dc1/web-01", null, null, inputs, null), RunEvents.None, TestContext.Current.CancellationToken);
            Assert.Empty(outcome.Unfinished);
        }
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await CommandLine.RunAsync(args, output, error, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }
}
