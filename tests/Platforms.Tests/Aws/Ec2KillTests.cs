using System.Collections.Immutable;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Engine.Blocks;
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
public sealed class Ec2KillTests : IDisposable
{
    private const string FolderVariable = "VMMIGRATE_TEST_EC2_WORLD";
    private const string EndpointVariable = "VMMIGRATE_TEST_EC2_ENDPOINT";
    private const string WayVariable = "VMMIGRATE_TEST_EC2_WAY";
    private const int Limit = 120_000;
    private const int MiB = 1 << 20;
    private const int BlocksInFlight = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Limit)]
    [InlineData("PUT /snapshots", 12)]
    [InlineData("POST /snapshots/completion", 1)]
    [InlineData("CreateNetworkInterface", 1)]
    [InlineData("RunInstances", 1)]
    [InlineData("StopInstances", 1)]
    [InlineData("AttachVolume", 2)]
    [InlineData("StartInstances", 1)]
    [InlineData("DescribeInstanceStatus", 1)]
    public async Task A_killed_run_is_followed_by_one_that_finishes_and_sends_no_block_twice(string call, int time)
    {
        await using var ec2 = await Ec2World.StartAsync();
        await KillAsync(ec2, "there", call, time);

        // Its lease may stand; it has to run out, or be seen to be of a process that is no more.
        await using var site = ec2.Open("ec2");
        var (before, moved) = await DriveAsync(_folder, site);

        Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
        var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal(2, ec2.World.Volumes.Count(volume => volume.Instance == instance.Id));
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        // What was on its way when it died may be sent again, and nothing else; once the copy was whole, nothing at all.
        var again = ec2.World.Puts.GroupBy(put => put).Count(group => group.Count() > 1);
        Assert.True(again <= (call.StartsWith("PUT", StringComparison.Ordinal) ? 2 * BlocksInFlight : 0), $"{again} of {ec2.World.Puts.Count} blocks were sent twice");
        Assert.True(ec2.World.Puts.Count >= 20, $"only {ec2.World.Puts.Count} blocks were sent, so this shows nothing");

        var (_, back) = await DriveAsync(_folder, site, removal: true);
        Assert.True(back is { Failed: null }, back?.Why);
        ec2.AssertNothingLeft();
    }

    [Theory(Timeout = Limit)]
    [InlineData("CreateSnapshots", 2)]
    [InlineData("TerminateInstances", 1)]
    [InlineData("DeleteNetworkInterface", 1)]
    [InlineData("DeleteVolume", 1)]
    [InlineData("DeleteSnapshot", 2)]
    public async Task A_killed_way_back_is_followed_by_one_that_ends_with_the_vm_at_home(string call, int time)
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2");
        var (before, moved) = await DriveAsync(_folder, site);
        Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");

        await KillAsync(ec2, "back", call, time);

        var (_, back) = await DriveAsync(_folder, site, removal: true);
        Assert.True(back is { Failed: null }, back?.Why);
        var home = Assert.Single(await Home(_folder).FindByNameAsync("web-01", Cancel));
        Assert.Equal((PowerState.Running, null), (home.Power, home.Stamp));
        ec2.AssertNothingLeft();
        Assert.Empty(ec2.World.Nics);
        Assert.Empty(ec2.World.Templates);
    }

    /// <summary>The fence of an instance is its root taken away: between that and its mark, and at every other call about the source.</summary>
    [Theory(Timeout = Limit)]
    [InlineData("DetachVolume", 1)]
    [InlineData("CreateTags", 4)]
    [InlineData("GET /snapshots", 3)]
    public async Task A_killed_move_out_of_ec2_is_followed_by_one_that_finishes_and_the_source_is_fenced_once(string call, int time)
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var other = await Ec2World.StartAsync();
        var instance = ec2.Seed("web-02");
        ec2.Do(world =>
        {
            world.Boot(instance);
            return 0;
        });
        var root = ec2.World.DisksOf(instance)[0];

        await KillAsync(ec2, other.Server.Address.ToString(), call, time);

        await using var site = ec2.Open("ec2");
        await using var there = other.Open("there");
        var (before, moved) = await DriveOutAsync(site, there);
        Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.Equal(("stopped", "available", null), (ec2.Do(_ => instance.State), root.State, root.Instance));
        Assert.Equal("web-02", other.Do(world => Assert.Single(world.Instances, one => one.State == "running")).Name);

        var (_, back) = await DriveOutAsync(site, there, removal: true);
        Assert.True(back is { Failed: null }, back?.Why);
        Assert.Equal("running", ec2.Do(_ => instance.State));
        Assert.DoesNotContain(instance.Tags.Keys, key => key.StartsWith("vmmigrate:", StringComparison.Ordinal));
        Assert.Single(ec2.World.Volumes);
        Assert.Empty(ec2.World.Snapshots);
        other.AssertNothingLeft();
    }

    /// <summary>Runs another process of these tests, and kills it when its n-th call of that kind is on its way.</summary>
    /// <param name="way">there, back, or the address of another EC2 to move to.</param>
    private async Task KillAsync(Ec2World ec2, string way, string call, int time)
    {
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var seen = 0;
        ec2.World.Faults.Before = action =>
        {
            if (action.StartsWith(call, StringComparison.Ordinal) && Interlocked.Increment(ref seen) == time)
            {
                kill.Cancel();
            }
        };
        var said = "";
        try
        {
            said = (await Cli.Wrap(Environment.ProcessPath!)
                .WithArguments(["-method", $"*{nameof(Ec2KillTests)}.{nameof(The_victim)}", "-explicit", "only", "-noColor"])
                .WithEnvironmentVariables(variables => variables.Set(FolderVariable, _folder).Set(EndpointVariable, ec2.Server.Address.ToString()).Set(WayVariable, way))
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(kill.Token)).StandardOutput;
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            // It was killed.
        }

        Cancel.ThrowIfCancellationRequested();
        Assert.True(seen >= time && said.Length == 0, $"it ended before it was killed: {said}");
        ec2.World.Faults.Before = null;
    }

    /// <summary>Runs only in the process that the tests above start.</summary>
    [Fact(Explicit = true)]
    public async Task The_victim()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(FolderVariable) is null, "This is the part of another test that runs in a process of its own.");
        await using var site = Open("ec2", Environment.GetEnvironmentVariable(EndpointVariable)!);
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        var (before, outcome) = Environment.GetEnvironmentVariable(WayVariable) switch
        {
            ("there" or "back") and var way => await DriveAsync(folder, site, removal: way == "back"),
            var other => await DriveOutAsync(site, Open("there", other!)),
        };
        Assert.Fail($"It was not killed: {outcome?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
    }

    private static async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(string folder, AwsSite ec2, bool removal = false)
    {
        var spec = new MigrationSpec
        {
            Vm = new VmReference("dc1", "web-01", null),
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
    private static Task<(Preflight Before, RunOutcome? Outcome)> DriveOutAsync(AwsSite from, AwsSite to, bool removal = false) => Ec2World.DriveAsync(
        new Book(from, to),
        new MigrationSpec
        {
            Vm = new VmReference("ec2", "web-02", null),
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
}
