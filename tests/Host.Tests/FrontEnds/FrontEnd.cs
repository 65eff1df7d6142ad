using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Platforms.Simulator;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>One declaration of a simulated VM `web` as a user of one of the two engines keeps it: plan, apply, refresh, import, destroy, by the engine's own calls and over three simulated sites.</summary>
internal abstract class FrontEnd : IAsyncDisposable
{
    private readonly string _world = $"front-end-{Guid.NewGuid():N}";

    protected FrontEnd() => Provider = new VmMigrateProvider(TimeProvider.System);

    protected VmMigrateProvider Provider { get; }

    internal SimulatedWorld World => SimulatedWorld.Named(_world, TimeProvider.System);

    internal ByHand Hand => World.ByHand;

    /// <summary>The provider's config, in the neutral names.</summary>
    protected MapValue Config
    {
        get
        {
            MapValue Site(params (string, Value)[] more) => Value.Map(("simulator", Value.Map(
                [("world", Value.Text(_world)), ("guest", Value.Map(("boot", Value.Text("0s")), ("shutdown", Value.Text("0s")))), .. more])));
            MapValue Machine(string name, params string[] disks) => Value.Map(("name", Value.Text(name)), ("disks", Value.List([.. disks.Select(Value.Text)])), ("networks", Value.List([Value.Text("default")])));
            return Value.Map(("sites", Value.Map([
                ("dc1", Site(("diskData", Value.Text("1MiB")), ("machines", Value.List(Cloud is null ? [Value.Map(("name", Value.Text("web")), ("disks", Value.List([Value.Text("8MiB")])))] : [Machine("db", "8MiB", "6MiB")])))),
                ("dc2", Site()),
                ("dc3", Site()),
                .. Cloud is null ? Array.Empty<(string, Value)>() : [("cloud", Cloud)]])));
        }
    }

    internal static MapValue Declare(params (string Name, Value Value)[] more) => more.Aggregate(
        Value.Map(("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text("web")))), ("target", Value.Map(("site", Value.Text("dc2"))))),
        (inputs, entry) => inputs.With(entry.Name, entry.Value));

    /// <summary>A site <c>cloud</c> beside the simulated ones, which have a VM <c>db</c> with a system disk and a data disk then.</summary>
    internal MapValue? Cloud { get; set; }

    internal static FrontEnd Open(string engine) => engine == "Pulumi" ? new PulumiFrontEnd() : new TerraformFrontEnd();

    /// <summary>One whose VM was moved from dc1 to dc2.</summary>
    internal static async Task<FrontEnd> MovedAsync(string engine, params (string, Value)[] more)
    {
        var front = Open(engine);
        var made = await front.ApplyAsync(Declare(more));
        Assert.False(made.Failed, made.Said);
        Assert.Equal(("CutOver", "dc2"), (front.State["phase"].AsText, front.State["placement"]["site"].AsText));
        return front;
    }

    internal async Task AssertNoChangesAsync(MapValue declared)
    {
        var plan = await PlanAsync(declared);
        Assert.True(plan.Changes.Count == 0, $"{string.Join(", ", plan.Changes)}\n{plan.Said}");
    }

    /// <summary>Inputs and outputs as the engine keeps them.</summary>
    internal abstract MapValue State { get; }

    /// <summary>Forgets the state, as a lost file does.</summary>
    internal abstract void Forget();

    /// <summary>What the next apply would do: refresh, diff, preview.</summary>
    internal abstract Task<Outcome> PlanAsync(MapValue inputs);

    internal abstract Task<Outcome> ApplyAsync(MapValue inputs);

    internal abstract Task<Outcome> RefreshAsync();

    /// <returns>Null where there is no such thing.</returns>
    internal abstract Task<Outcome?> ImportAsync(string id);

    public virtual async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        SimulatedWorld.Forget(_world);
    }

    /// <param name="Changes">Paths of what differs, such as <c>cutover.maxDowntime</c>; in Terraform <c>*</c> for an update of whatever.</param>
    /// <param name="Said">Everything that a person reads.</param>
    internal sealed record Outcome(IReadOnlyList<string> Changes, string Said, bool Failed);
}
