using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;


namespace VmMigrate.Platforms.Tests.Simulator;

/// <summary>What the provider does for one declaration, on a simulated world: preflight, then the plan.</summary>
internal sealed class EngineRun : SiteBook
{
    private readonly SimulatorSite[] _sites;

    internal EngineRun(SimulatedWorld world, SiteOptions source, SiteOptions target, SimulatedRunner? runner = null)
    {
        World = world;
        runner ??= world.Restart();
        _sites = [world.Open("dc1", source, runner), world.Open("dc2", target, runner)];
    }

    internal SimulatedWorld World { get; }

    public override IReadOnlyCollection<string> Names => [.. _sites.Select(site => site.Name)];

    public override Site? Find(string name) => _sites.FirstOrDefault(site => site.Name == name);

    internal static MigrationSpec Declare(string vm, MigrationGoal goal = MigrationGoal.CutOver) => new()
    {
        Vm = new VmReference("dc1", vm, null),
        Target = new TargetSpec("dc2", null, null, ImmutableDictionary<string, string>.Empty, null),
        Goal = goal,
    };

    internal Task<Preflight> PreviewAsync(MigrationSpec spec, bool removal = false) =>
        PreflightRunner.RunAsync(spec, null, this, removal, World.Time, RunEvents.None, TestWorld.Cancellation);

    /// <summary>Null when there was nothing to do.</summary>
    internal async Task<RunOutcome?> UpAsync(MigrationSpec spec, bool removal = false, CancellationToken cancellation = default)
    {
        var (preflight, outcome) = await Drive.RunAsync(spec, null, this, removal, RunnerIdentity.This, World.Time, RunEvents.None, cancellation);
        Assert.True(!preflight.IsBlocked, string.Join('\n', preflight.Findings));
        return outcome;
    }

    internal async Task<RunOutcome?> SucceedAsync(MigrationSpec spec, bool removal = false)
    {
        var outcome = await UpAsync(spec, removal);
        Assert.True(outcome?.Failed is null, $"{outcome?.Failed?.Name}: {outcome?.Why}\n{string.Join('\n', outcome?.TakenBack ?? [])}");
        return outcome;
    }

}
