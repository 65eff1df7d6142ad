using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Tests.Simulator;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Two real processes drive one declaration in one world at the same time, as two CI jobs would.</summary>
public sealed class TwoProcessTests : IDisposable
{
    private const string FolderVariable = "VMMIGRATE_TEST_SHARED_WORLD";

    private static readonly GuestOptions Quick = new() { Boot = TimeSpan.FromMilliseconds(50), Shutdown = TimeSpan.FromMilliseconds(50), RecordsPerSecond = 100 };

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;

    // Longer than the time between two renewals, so that who waits sees that the holder lives.
    private static SiteOptions Source => TestWorld.Small with { Guest = Quick, Faults = [new Fault { Kind = FaultKind.Slow, Call = "EnsureFenced", Duration = TimeSpan.FromSeconds(20) }] };

    private static MigrationSpec Declared { get; } = EngineRun.Declare("web") with
    {
        Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20))],
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 120_000)]
    public async Task One_moves_the_VM_and_the_other_names_it_and_changes_nothing()
    {
        var runs = await Task.WhenAll(RunAsync(), RunAsync());
        var texts = runs.Select(run => run.StandardOutput).ToArray();
        Assert.True(texts.Count(text => text.Contains("RUN moved", StringComparison.Ordinal)) == 1, string.Join('\n', texts));
        Assert.True(texts.Count(text => text.Contains("RUN refused: Another run drives this migration: ", StringComparison.Ordinal)) == 1, string.Join('\n', texts));

        var world = SimulatedWorld.At(_folder, TimeProvider.System);
        var copy = (await world.Open("dc2").FindByNameAsync("web", TestWorld.Cancellation)).Single();
        Assert.Equal(PowerState.Running, copy.Power);
        Assert.Equal(1, world.Watch(copy.Id)!.MostRunning);
        Assert.Single(world.Calls, call => call.Name == "EnsureDefined");
        Torture.Report.Line("two processes", ("moved", 1), ("refused", 1));
    }

    /// <summary>Runs only in the processes that the test above starts.</summary>
    [Fact(Explicit = true)]
    public async Task The_run()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(FolderVariable) is null, "This is the part of another test that runs in processes of its own.");
        var world = SimulatedWorld.At(Environment.GetEnvironmentVariable(FolderVariable)!, TimeProvider.System);
        var (before, outcome) = await Drive.RunAsync(
            Declared, null, new EngineRun(world, Source, new SiteOptions()), false, RunnerIdentity.This, TimeProvider.System, RunEvents.None, TestWorld.Cancellation);
        Console.WriteLine(outcome is { Failed: null, Done.IsEmpty: false } ? "RUN moved" : $"RUN refused: {string.Join(' ', before.Findings.Select(finding => finding.Message))} {outcome?.Why}");
    }

    private async Task<BufferedCommandResult> RunAsync() => await Cli.Wrap(Environment.ProcessPath!)
        .WithArguments(["-method", $"*{nameof(TwoProcessTests)}.{nameof(The_run)}", "-explicit", "only", "-noColor", "-showLiveOutput"])
        .WithEnvironmentVariables(variables => variables.Set(FolderVariable, _folder))
        .WithValidation(CommandResultValidation.None)
        .ExecuteBufferedAsync(TestWorld.Cancellation);
}
