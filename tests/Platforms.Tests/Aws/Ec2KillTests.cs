using System.Collections.Immutable;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Aws;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A real process that moves a VM to EC2 gets SIGKILL while a call of it is on its way, and this one goes on from what stands on both sides.</summary>
public sealed partial class Ec2KillTests : IClassFixture<MovedToEc2>, IDisposable
{
    private const string FolderVariable = "VMMIGRATE_TEST_EC2_WORLD";
    private const string EndpointVariable = "VMMIGRATE_TEST_EC2_ENDPOINT";
    private const string WayVariable = "VMMIGRATE_TEST_EC2_WAY";
    private const int Limit = 120_000;
    private const int MiB = 1 << 20;
    private const int BlocksInFlight = 4;

    private readonly MovedToEc2 _toEc2;
    private readonly string _ownFolder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;
    private string _folder;

    public Ec2KillTests(MovedToEc2 moved) => (_toEc2, _folder) = (moved, _ownFolder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_ownFolder, recursive: true);

    // What follows the name of a call: at the how manieth of it, and how many moments of the next run it has its effect at.

    [Fact(Timeout = Limit)]
    public Task A_killed_run_is_followed_by_one_that_finishes_and_sends_no_block_twice() => KillAndGoOnAsync(
        Way.There,
        ("PUT /snapshots", 12, 0), ("POST /snapshots/completion", 1, 1), ("CreateNetworkInterface", 1, 1), ("RunInstances", 1, 1), ("StopInstances", 1, 0), ("AttachVolume", 2, 1), ("StartInstances", 1, 0),
        ("DescribeInstanceStatus", 1, 0));

    [Fact(Timeout = Limit)]
    public Task A_killed_way_back_is_followed_by_one_that_ends_with_the_vm_at_home() => KillAndGoOnAsync(
        Way.Back, ("CreateSnapshots", 2, 1), ("TerminateInstances", 1, 8), ("DeleteNetworkInterface", 1, 1), ("DeleteSnapshot", 9, 1));

    [Fact(Timeout = Limit)]
    public Task A_killed_commit_is_followed_by_one_that_leaves_the_vm_to_its_owner() => KillAndGoOnAsync(Way.Commit, ("DeleteTags", 1, 1), ("DeleteSnapshot", 1, 1), ("ModifyInstanceAttribute", 1, 1));

    /// <summary>The fence of an instance is its root taken away: between that and its mark, and at every other call about the source.</summary>
    [Fact(Timeout = Limit)]
    public Task A_killed_move_out_of_ec2_is_followed_by_one_that_finishes_and_the_source_is_fenced_once() => KillAndGoOnAsync(
        Way.Out, ("CreateTags", 4, 1), ("GET /snapshots", 3, 0), ("DetachVolume", 1, 1), ("CreateTags", 8, 1));

    [Fact(Timeout = Limit)]
    public Task A_killed_commit_of_a_move_out_of_ec2_is_followed_by_one_that_removes_the_source() => KillAndGoOnAsync(Way.CommitOut, ("TerminateInstances", 1, 1), ("DeleteVolume", 1, 0));

    private async Task GoOnAsync(Way way, string call, Ec2World ec2, Ec2World other)
    {
        // Its lease may stand; it has to run out, or be seen to be of a process that is no more.
        await using var site = ec2.Open("ec2");
        await using var there = other.Open("there");
        switch (way)
        {
            case Way.There:
                await GoOnThereAsync(call, ec2, site);
                break;
            case Way.Back:
                await GoBackAsync(ec2, site);
                break;
            case Way.Commit:
                await GoOnCommittingAsync(ec2, site);
                break;
            case Way.Out:
                await GoOnOutAsync(ec2, other, site, there);
                break;
            default:
                var (before, moved) = await DriveOutAsync(site, there, MigrationGoal.Committed);
                AssertDone(before, moved);
                ec2.AssertNothingLeft();
                AssertIsItsOwners(other, "web-02");
                break;
        }
    }

    private async Task GoOnThereAsync(string call, Ec2World ec2, AwsSite site)
    {
        var (before, moved) = await DriveAsync(_folder, site);
        AssertDone(before, moved);
        var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal(2, ec2.World.Volumes.Count(volume => volume.Instance == instance.Id));
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        // What was on its way when it died may be sent again, and nothing else; once the copy was whole, nothing at all.
        var again = ec2.World.Puts.GroupBy(put => put).Count(group => group.Count() > 1);
        Assert.True(again <= (call.StartsWith("PUT", StringComparison.Ordinal) ? 2 * BlocksInFlight : 0), $"{again} of {ec2.World.Puts.Count} blocks were sent twice");
        Assert.True(ec2.World.Puts.Count >= 20, $"only {ec2.World.Puts.Count} blocks were sent, so this shows nothing");
        ec2.World.Faults.Before = null;
        await GoBackAsync(ec2, site);
    }

    private async Task GoBackAsync(Ec2World ec2, AwsSite site)
    {
        var (before, back) = await DriveAsync(_folder, site, removal: true);
        AssertDone(before, back);
        var home = Assert.Single(await Home(_folder).FindByNameAsync("web-01", Cancel));
        Assert.Equal((PowerState.Running, null), (home.Power, home.Stamp));
        ec2.AssertNothingLeft();
    }

    private async Task GoOnCommittingAsync(Ec2World ec2, AwsSite site)
    {
        var (before, moved) = await DriveAsync(_folder, site, MigrationGoal.Committed);
        AssertDone(before, moved);
        Assert.Empty(await Home(_folder).FindByNameAsync("web-01", Cancel));
        AssertIsItsOwners(ec2, "web-01");
    }

    private static async Task GoOnOutAsync(Ec2World ec2, Ec2World other, AwsSite site, AwsSite there)
    {
        var instance = ec2.World.Instances.Find(one => one.Name == "web-02")!;
        var (before, moved) = await DriveOutAsync(site, there);
        AssertDone(before, moved);
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        var root = Assert.Single(ec2.World.Volumes);
        Assert.Equal(("stopped", "available", null), (ec2.Do(_ => instance.State), root.State, root.Instance));
        Assert.Equal("web-02", other.Do(world => Assert.Single(world.Instances, one => one.State == "running")).Name);

        ec2.World.Faults.Before = null;
        (before, var back) = await DriveOutAsync(site, there, removal: true);
        AssertDone(before, back);
        Assert.Equal("running", ec2.Do(_ => instance.State));
        Assert.DoesNotContain(instance.Tags.Keys, key => key.StartsWith("vmmigrate:", StringComparison.Ordinal));
        Assert.Single(ec2.World.Volumes);
        Assert.Empty(ec2.World.Snapshots);
        other.AssertNothingLeft();
    }

    private static void AssertDone(Preflight before, RunOutcome? outcome) =>
        Assert.True(outcome is { Failed: null }, $"{outcome?.Failed?.Name}: {outcome?.Why} {string.Join('\n', before.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Message))}");

    /// <summary>It runs, and nothing tells any more that we made it.</summary>
    private static void AssertIsItsOwners(Ec2World ec2, string name)
    {
        var instance = ec2.Do(world => Assert.Single(world.Instances, one => one.State != "terminated"));
        Assert.Equal((name, "running", false), (instance.Name, instance.State, instance.TerminationProtected));
        Assert.All(
            ((IEnumerable<Thing>)[instance, .. ec2.World.Volumes]).SelectMany(thing => thing.Tags.Keys).Where(key => key.StartsWith("vmmigrate:", StringComparison.Ordinal)), key => Assert.Equal("vmmigrate:length", key));
        Assert.All(ec2.World.Volumes, volume => Assert.Equal(instance.Id, volume.Instance));
        Assert.Empty(ec2.World.Snapshots);
        Assert.Empty(ec2.World.Templates);
    }

    /// <summary>Runs another process of these tests, and kills it when the last of these calls is on its way.</summary>
    /// <param name="other">Where a move out of EC2 goes.</param>
    /// <returns>For each: how everything was when it was on its way, which is how a kill would have left it, and its effect, which it has not had yet.</returns>
    private async Task<List<(Ec2Moment Moment, Action<World> Effect)>> KillAsync(Way way, (string Call, int Time, int Late)[] calls, Ec2World ec2, Ec2World other)
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var oneByOne = new SemaphoreSlim(1);
        var moments = new (Ec2Moment Moment, Action<World> Effect)?[calls.Length];
        var seen = new int[calls.Length];
        ec2.World.Faults.Lose = (action, effect) =>
        {
            // While one is taken nothing new begins, as if it were over.
            oneByOne.Wait(Cancel);
            try
            {
                for (var i = 0; i < calls.Length; i++)
                {
                    if (action.StartsWith(calls[i].Call, StringComparison.Ordinal) && ++seen[i] == calls[i].Time)
                    {
                        moments[i] = (new Ec2Moment(_folder, ec2, other), effect);
                        if (i == calls.Length - 1)
                        {
                            kill.Cancel();
                        }
                    }
                }

                return kill.IsCancellationRequested;
            }
            finally
            {
                oneByOne.Release();
            }
        };
        var said = "";
        try
        {
            said = (await Cli.Wrap(Environment.ProcessPath!)
                .WithArguments(["-method", $"*{nameof(Ec2KillTests)}.{nameof(The_victim)}", "-explicit", "only", "-noColor"])
                .WithEnvironmentVariables(variables => variables.Set(FolderVariable, _folder).Set(EndpointVariable, $"{ec2.Server.Address} {other.Server.Address}").Set(WayVariable, way.ToString()))
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(kill.Token)).StandardOutput;
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            // It was killed.
        }

        Cancel.ThrowIfCancellationRequested();
        await ec2.CalmAsync();
        ec2.World.Faults.Lose = null;
        Assert.True(moments.All(moment => moment is not null) && said.Length == 0, $"It ended before it was killed: {string.Join(", ", calls.Zip(seen))} {said}");
        return [.. moments.Select(moment => moment!.Value)];
    }

    /// <summary>Runs only in the process that the tests above start.</summary>
    [Fact(Explicit = true)]
    public async Task The_victim()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(FolderVariable) is null, "This is the part of another test that runs in a process of its own.");
        var addresses = Environment.GetEnvironmentVariable(EndpointVariable)!.Split(' ');
        await using var site = Open("ec2", addresses[0]);
        await using var there = Open("there", addresses[1]);
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        var (before, outcome) = await (Enum.Parse<Way>(Environment.GetEnvironmentVariable(WayVariable)!) switch
        {
            Way.There => DriveAsync(folder, site),
            Way.Back => DriveAsync(folder, site, removal: true),
            Way.Commit => DriveAsync(folder, site, MigrationGoal.Committed),
            Way.Out => DriveOutAsync(site, there),
            _ => DriveOutAsync(site, there, MigrationGoal.Committed),
        });
        Assert.Fail($"It was not killed: {outcome?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
    }

    internal static async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(string folder, AwsSite ec2, MigrationGoal goal = MigrationGoal.CutOver, bool removal = false)
    {
        var spec = new MigrationSpec
        {
            Vm = new VmReference("dc1", "web-01", null),
            Goal = goal,
            Target = new TargetSpec("ec2", null, "gp3", ImmutableDictionary<string, string>.Empty.Add("default", "subnet-00000000000000a01"), null),
            Digest = DigestAlgorithm.Sha256,
            Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
            Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50))],
        };
        return await Ec2World.DriveAsync(new Book(Home(folder), ec2), spec, removal);
    }

    private static AwsSite Open(string name, string endpoint)
    {
        var account = new World(TimeProvider.System).Accounts[0];
        return new AwsSite(
            name,
            new AwsSettings { Region = Ec2Server.Region, AccessKeyId = account.Key, SecretAccessKey = account.Secret, Endpoint = new Uri(endpoint), BlocksInFlight = BlocksInFlight },
            TimeProvider.System);
    }

    /// <summary>From one account of EC2 to another.</summary>
    private static Task<(Preflight Before, RunOutcome? Outcome)> DriveOutAsync(AwsSite from, AwsSite to, MigrationGoal goal = MigrationGoal.CutOver, bool removal = false) => Ec2World.DriveAsync(
        new Book(from, to),
        new MigrationSpec
        {
            Vm = new VmReference("ec2", "web-02", null),
            Goal = goal,
            Target = new TargetSpec("there", null, "gp3", ImmutableDictionary<string, string>.Empty, null),
            Digest = DigestAlgorithm.Sha256,
            Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
            Waivers = [new Engine.Checks.Waiver("os.supported", null, "EC2 does not tell which Linux it is.", new DateOnly(2099, 1, 1), null)],
            Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50))],
        },
        removal);

    private static SimulatorSite Home(string folder) => SimulatedWorld.At(folder, TimeProvider.System).Open("dc1", new SiteOptions
    {
        Guest = new GuestOptions { Boot = TimeSpan.FromMilliseconds(100), Shutdown = TimeSpan.FromMilliseconds(100) },
        Machines = [new MachineOptions { Name = "web-01", Disks = [16 * MiB, 8 * MiB], Running = true, Networks = ["default"] }],
    });

    /// <summary>What the killed run was at.</summary>
    public enum Way
    {
        There,
        Back,
        Commit,
        Out,
        CommitOut,
    }
}
