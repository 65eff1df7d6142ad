using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Tests.Simulator;

/// <summary>A real process kills itself in the middle of a move, and this one goes on from what the folder says.</summary>
public sealed class KillTests : IDisposable
{
    private const string FolderVariable = "VMMIGRATE_TEST_WORLD";
    private const string CallVariable = "VMMIGRATE_TEST_KILLED_CALL";

    private static readonly GuestOptions Quick = new() { Boot = TimeSpan.FromMilliseconds(50), Shutdown = TimeSpan.FromMilliseconds(50), RecordsPerSecond = 100 };

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;

    private static CancellationToken Cancellation => TestWorld.Cancellation;

    private static SiteOptions Source => TestWorld.Small with { Guest = Quick };

    private static MigrationSpec Declared { get; } = EngineRun.Declare("web") with
    {
        Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20))],
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = 120_000)]
    [InlineData("EnsureFenced")]
    [InlineData("EnsureDisk")]
    [InlineData("WriteBlocks")]
    [InlineData("EnsureRunning*")]
    public async Task A_process_that_is_killed_is_followed_by_one_that_finishes(string call)
    {
        var victim = await Cli.Wrap(Environment.ProcessPath!)
            .WithArguments(["-method", $"*{nameof(KillTests)}.{nameof(The_victim)}", "-explicit", "only", "-noColor"])
            .WithEnvironmentVariables(variables => variables.Set(FolderVariable, _folder).Set(CallVariable, call))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(Cancellation);
        Assert.True(victim.ExitCode == 137, $"{victim.ExitCode}: {victim.StandardOutput}");

        var world = SimulatedWorld.At(_folder, TimeProvider.System);
        await new EngineRun(world, Source, new SiteOptions()).SucceedAsync(Declared);

        var copy = (await new EngineRun(world, Source, new SiteOptions()).Find("dc2")!.FindByNameAsync("web", Cancellation)).Single();
        var journal = world.CheckJournal("dc2", copy.Id);
        Assert.Equal(PowerState.Running, copy.Power);
        Assert.True(journal is { Lost: 0, OnDisk: > 0 } && journal.Damaged.IsEmpty, $"{journal}");
        Assert.Equal(1, world.Watch(copy.Id)!.MostRunning);
        Torture.Report.Line("process kill", ("call", call), ("finished", true), ("lost", journal.Lost));
    }

    /// <summary>Runs only in the process that the test above starts.</summary>
    [Fact(Explicit = true)]
    public async Task The_victim()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(FolderVariable) is null, "This is the part of another test that runs in a process of its own.");
        var fault = new Fault { Kind = FaultKind.Kill, Call = Environment.GetEnvironmentVariable(CallVariable)!, Moment = FaultMoment.After };
        var world = SimulatedWorld.At(Environment.GetEnvironmentVariable(FolderVariable)!, TimeProvider.System);
        var run = new EngineRun(world, Source with { Faults = [fault] }, new SiteOptions { Faults = [fault] });
        await run.UpAsync(Declared, cancellation: Cancellation);
        Assert.Fail("It was not killed.");
    }
}
