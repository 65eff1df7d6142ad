using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Host.Tests.Resources;

public sealed class PreviewFunctionTests
{
    private const int Limit = 60_000;

    [Fact(Timeout = Limit)]
    public async Task What_stands_against_a_move_comes_back_as_data()
    {
        var (result, findings) = await AskAsync("getPreflight", "crowded", Value.Text("nowhere"));
        Assert.Empty(findings);
        Assert.Equal("blocked", result["verdict"].AsText);
        var found = result["findings"].AsList!.Items;
        Assert.Contains(found, one => one["id"].AsText == "map.storage.exists" && one["severity"].AsText == "error" && one["path"].AsText == "target.storagePool");
        Assert.Equal(found.Select(one => one["severity"].AsText).OrderBy(word => Array.IndexOf(["error", "warning", "note"], word)), found.Select(one => one["severity"].AsText));
    }

    [Fact(Timeout = Limit)]
    public async Task The_estimate_adds_up_and_says_what_it_rests_on()
    {
        var (result, findings) = await AskAsync("getEstimate", "calm", Value.Text("fast"));
        Assert.Empty(findings);
        var (estimate, steps) = (result["estimate"], result["steps"].AsList!.Items);
        Assert.StartsWith("assumed", estimate["basis"].AsText, StringComparison.Ordinal);
        Assert.Equal(estimate["seconds"].AsNumber!.Value, steps.Sum(step => step["seconds"].AsNumber!.Value), 0.5);
        Assert.Equal(estimate["bytes"].AsNumber, estimate["disks"].AsList!.Items.Sum(disk => disk["bytes"].AsNumber));
        Assert.InRange(estimate["downtimeSeconds"].AsNumber!.Value, estimate["downtimeSecondsRange"]["low"].AsNumber!.Value, estimate["downtimeSecondsRange"]["high"].AsNumber!.Value);
        Assert.Null(result["verdict"].AsText);
    }

    [Fact(Timeout = Limit)]
    public async Task A_site_that_is_not_there_is_the_user_s_mistake()
    {
        var (_, findings) = await AskAsync("getPreflight", "lost", Value.Text("fast"), target: "wset");
        Assert.Equal(("input.unknown-site", "target.site"), (Assert.Single(findings).Id, findings[0].At.ToString()));
    }

    private static async Task<(MapValue Result, IReadOnlyList<Finding> Findings)> AskAsync(string name, string world, Value pool, string target = "west")
    {
        SimulatedWorld.Forget(world);
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        provider.Configure(Value.Map(("sites", Value.Map(
            ("east", Value.Map(("simulator", Value.Map(("world", Value.Text(world)), ("vms", Value.Number(3)))))),
            ("west", Value.Map(("simulator", Value.Map(("world", Value.Text(world))))))))));
        var function = provider.Functions[name];
        var vm = await provider.Previews.Find("east")!.ListAsync(TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken);
        var (arguments, wrong) = InputCheck.Run(
            function.Type.Inputs,
            Value.Map(("vm", Value.Map(("site", Value.Text("east")), ("name", Value.Text(vm.Name)))), ("target", Value.Map(("site", Value.Text(target)), ("storagePool", pool)))),
            name);
        Assert.Empty(wrong);
        var outcome = await function.InvokeAsync(arguments, TestContext.Current.CancellationToken);
        return (outcome.Result, outcome.Findings);
    }
}
