using System.Collections.Immutable;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>A real process gets SIGKILL while a disk is on its way under a lease, and this one goes on from what stands on both sides.</summary>
public sealed class VcsimKillTests
{
    private const string HomeVariable = "VMMIGRATE_TEST_VCSIM_HOME";
    private const string AwayVariable = "VMMIGRATE_TEST_VCSIM_AWAY";
    private const string LinkedVariable = "VMMIGRATE_TEST_VCSIM_LINKED";
    private const int Limit = 240_000;
    private const string Name = "killed-01";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_run_killed_amid_an_import_is_followed_by_one_that_ends_its_lease_and_finishes()
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        var content = VcsimWorld.Content(8 << 20, 3);
        await new VcsimWorld(home, vc1).CreateRunningVmAsync(Name, content, Cancel);
        await away.HoldStreamsAsync(1);

        await KillAsync(home, away, away, linked: false);

        Assert.StartsWith("1 open", await away.LeasesAsync(), StringComparison.Ordinal);
        var (_, moved) = await DriveAsync(vc1, vc2, linked: false);
        Assert.True(moved is { Failed: null }, $"{moved?.Failed?.Name}: {moved?.Why}");
        var copy = Assert.Single(await vc2.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, copy.Power);
        // The one that was killed, and its successor.
        Assert.Matches("^0 open.*HttpNfcLeaseAbort.*HttpNfcLeaseComplete", await away.LeasesAsync());
        Assert.Single((await vc2.DescribeAsync(Cancel)).Vms);
        Assert.Empty(Directory.EnumerateFileSystemEntries(away.Datastores[away.Datastore], "*-new-*", SearchOption.AllDirectories));

        await BackAsync(home, vc1, away, vc2, linked: false);
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_killed_amid_an_export_is_followed_by_one_that_waits_for_its_lease_to_run_out_and_finishes()
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        await new VcsimWorld(home, vc1).CreateRunningVmAsync(Name, VcsimWorld.Content(8 << 20, 3), Cancel);
        // A linked clone, as far as anybody is told.
        const string Mode = "<diskMode>persistent</diskMode>";
        await home.AlterAsync(Mode, Mode + "<parent><fileName>[LocalDS_0] golden/golden.vmdk</fileName></parent>");
        await home.HoldStreamsAsync(1);

        await KillAsync(home, away, home, linked: true);

        Assert.StartsWith("1 open", await home.LeasesAsync(), StringComparison.Ordinal);
        var (_, moved) = await DriveAsync(vc1, vc2, linked: true);
        Assert.True(moved is { Failed: null }, $"{moved?.Failed?.Name}: {moved?.Why}");
        Assert.Equal(PowerState.Running, Assert.Single(await vc2.FindByNameAsync(Name, Cancel)).Power);
        Assert.Matches("^0 open.*timeout.*HttpNfcLeaseComplete", await home.LeasesAsync());

        await BackAsync(home, vc1, away, vc2, linked: true);
    }

    /// <summary>Runs only in the process that the tests above start.</summary>
    [Fact(Explicit = true)]
    public async Task The_victim()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(HomeVariable) is null, "This is the part of another test that runs in a process of its own.");
        await using var vc1 = Open("vc1", HomeVariable);
        await using var vc2 = Open("vc2", AwayVariable);
        var (before, outcome) = await DriveAsync(vc1, vc2, Environment.GetEnvironmentVariable(LinkedVariable) == "yes");
        Assert.Fail($"It was not killed: {outcome?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
    }

    /// <summary>Runs another process of these tests, and kills it when a stream of that vCenter's hosts stands in its middle.</summary>
    private static async Task KillAsync(Vcsim home, Vcsim away, Vcsim streaming, bool linked)
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var victim = Cli.Wrap(Environment.ProcessPath!)
            .WithArguments(["-method", $"*{nameof(VcsimKillTests)}.{nameof(The_victim)}", "-explicit", "only", "-noColor"])
            .WithEnvironmentVariables(variables => variables.Set(HomeVariable, Written(home)).Set(AwayVariable, Written(away)).Set(LinkedVariable, linked ? "yes" : "no"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(kill.Token).Task;
        while (!victim.IsCompleted && !(await streaming.LeasesAsync()).Contains(" 1 held", StringComparison.Ordinal))
        {
            await Task.Delay(50, Cancel);
        }

        await kill.CancelAsync();
        var said = "";
        try
        {
            said = (await victim).StandardOutput;
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            // It was killed.
        }

        Cancel.ThrowIfCancellationRequested();
        Assert.True(said.Length == 0, $"it ended before it was killed: {said}");
    }

    private static async Task BackAsync(Vcsim home, VSphereSite vc1, Vcsim away, VSphereSite vc2, bool linked)
    {
        var (_, back) = await DriveAsync(vc1, vc2, linked, removal: true);

        Assert.True(back is { Failed: null }, $"{back?.Failed?.Name}: {back?.Why}");
        Assert.Empty((await vc2.DescribeAsync(Cancel)).Vms);
        var source = Assert.Single(await vc1.FindByNameAsync(Name, Cancel));
        Assert.Equal((PowerState.Running, null), (source.Power, source.Stamp));
        foreach (var vcsim in new[] { home, away })
        {
            Assert.DoesNotContain(Directory.EnumerateDirectories(vcsim.Datastores[vcsim.Datastore]), folder => folder.Contains("vmm-", StringComparison.Ordinal));
        }
    }

    private static Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(VSphereSite vc1, VSphereSite vc2, bool linked, bool removal = false) => Drive.RunAsync(
        new MigrationSpec
        {
            Vm = new VmReference("vc1", Name, null),
            Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
            Rollback = linked ? RollbackChanges.Discard : RollbackChanges.BringBack,
        },
        null, new Book(vc1, vc2), removal, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);

    private static string Written(Vcsim vcsim) => $"{vcsim.Url} {vcsim.Thumbprint}";

    private static VSphereSite Open(string name, string variable)
    {
        var parts = Environment.GetEnvironmentVariable(variable)!.Split(' ');
        return new VSphereSite(
            name, new VSphereAddress { Sdk = new Uri(parts[0]), User = Vcsim.User, Password = Vcsim.Password, Thumbprint = parts[1], EnableChangeTracking = true }, TimeProvider.System);
    }
}
