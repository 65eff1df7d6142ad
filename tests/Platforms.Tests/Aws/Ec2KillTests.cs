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
    private const int Limit = 120_000;
    private const int MiB = 1 << 20;
    private const int BlocksInFlight = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = Limit)]
    [InlineData("PUT /snapshots", 12)]
    [InlineData("POST /snapshots/completion", 1)]
    [InlineData("RunInstances", 1)]
    [InlineData("AttachVolume", 2)]
    [InlineData("StartInstances", 1)]
    [InlineData("DescribeInstanceStatus", 1)]
    public async Task A_killed_run_is_followed_by_one_that_finishes_and_sends_no_block_twice(string call, int time)
    {
        await using var ec2 = await Ec2World.StartAsync();
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var seen = 0;
        ec2.World.Faults.Before = action =>
        {
            if (action.StartsWith(call, StringComparison.Ordinal) && Interlocked.Increment(ref seen) == time)
            {
                kill.Cancel();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Cli.Wrap(Environment.ProcessPath!)
            .WithArguments(["-method", $"*{nameof(Ec2KillTests)}.{nameof(The_victim)}", "-explicit", "only", "-noColor"])
            .WithEnvironmentVariables(variables => variables.Set(FolderVariable, _folder).Set(EndpointVariable, ec2.Server.Address.ToString()))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(kill.Token));
        Cancel.ThrowIfCancellationRequested();
        Assert.True(seen >= time, "it ended before it was killed");
        ec2.World.Faults.Before = null;

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

    /// <summary>Runs only in the process that the test above starts.</summary>
    [Fact(Explicit = true)]
    public async Task The_victim()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(FolderVariable) is null, "This is the part of another test that runs in a process of its own.");
        var account = new World(TimeProvider.System).Accounts[0];
        await using var site = new AwsSite(
            "ec2",
            new AwsSettings
            {
                Region = Ec2Server.Region,
                AccessKeyId = account.Key,
                SecretAccessKey = account.Secret,
                Endpoint = new Uri(Environment.GetEnvironmentVariable(EndpointVariable)!),
                BlocksInFlight = BlocksInFlight,
            },
            TimeProvider.System);
        await DriveAsync(Environment.GetEnvironmentVariable(FolderVariable)!, site);
        Assert.Fail("It was not killed.");
    }

    private static async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(string folder, AwsSite ec2, bool removal = false)
    {
        var home = SimulatedWorld.At(folder, TimeProvider.System).Open("dc1", new SiteOptions
        {
            Guest = new GuestOptions { Boot = TimeSpan.FromMilliseconds(100), Shutdown = TimeSpan.FromMilliseconds(100) },
            Machines = [new MachineOptions { Name = "web-01", Disks = [16 * MiB, 8 * MiB], Running = true, Networks = ["default"] }],
        });
        var spec = new MigrationSpec
        {
            Vm = new VmReference("dc1", "web-01", null),
            Target = new TargetSpec("ec2", null, "gp3", ImmutableDictionary<string, string>.Empty.Add("default", "subnet-00000000000000a01"), null),
            Digest = DigestAlgorithm.Sha256,
            Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
            Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50))],
        };
        return await Ec2World.DriveAsync(new Book(home, ec2), spec, removal);
    }
}
