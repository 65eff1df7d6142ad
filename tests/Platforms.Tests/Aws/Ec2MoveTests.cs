using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>Whole moves between a simulated data centre and a test EC2, driven as a front end would.</summary>
public sealed class Ec2MoveTests
{
    private const int Limit = 120_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_vm_moves_to_ec2_comes_back_with_what_it_wrote_there_and_leaves_nothing()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var dc = new Datacentre(ec2);
        var spec = Datacentre.Spec();

        var (before, moved) = await dc.DriveAsync(spec);
        Assert.True(!before.IsBlocked, string.Join('\n', before.Findings));
        Assert.Null(moved?.Failed);
        var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal("web-01", instance.Name);
        Assert.True(instance.TerminationProtected);
        Assert.Equal("required", instance.HttpTokens);
        Assert.Empty(ec2.World.Images);
        Assert.Equal(FenceState.Standing, await dc.Home.InspectFenceAsync(before.Run!.Vm.Id, before.Run.MigrationId, Cancel));
        Assert.Equal(2, ec2.World.Volumes.Count(volume => volume.Instance == instance.Id));
        Assert.Contains(before.Plan!.Steps, step => step.Describe(before.Run).Contains("t3.medium", StringComparison.Ordinal) || step.Describe(before.Run).Contains("t3.small", StringComparison.Ordinal));
        Assert.Contains(before.Findings, finding => finding.Id == "cost.estimate");

        var (_, again) = await dc.DriveAsync(spec);
        Assert.True(again is null or { Failed: null, Done.IsEmpty: true });

        // The guest wrote its log in EC2; the way back brings it home.
        await Task.Delay(300, Cancel);
        var (_, back) = await dc.DriveAsync(spec, removal: true);
        Assert.True(back?.Failed is null, back?.Why);
        // Of 11 MiB only what it wrote in EC2 is sent, as EBS tells it from snapshot to snapshot: its log's block, in each round.
        Assert.Contains(" since ", Assert.Single(back!.Done, step => step.Name == "bring changes back").Detail, StringComparison.Ordinal);
        Assert.InRange(back.Done.Sum(step => step.Bytes), 1, 3 << 20);
        Assert.Equal(PowerState.Running, (await dc.Home.InspectAsync(before.Run.Vm.Id, Cancel))!.Power);
        ec2.AssertNothingLeft();
        Assert.Empty(ec2.World.Nics);
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_not_done_there_is_said_at_preview_a_test_boot_is_refused_and_a_replica_has_no_points()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var dc = new Datacentre(ec2);
        var (tested, nothing) = await dc.DriveAsync(Datacentre.Spec(MigrationGoal.Tested));
        Assert.Null(nothing);
        var refused = Assert.Single(tested.Findings, finding => finding.Id == "request.goal.test-boot");
        Assert.Equal(Severity.Error, refused.Severity);
        Assert.Contains("cannot test-boot", refused.Message, StringComparison.Ordinal);
        Assert.Empty(ec2.World.Snapshots);

        var (replica, outcome) = await dc.DriveAsync(Datacentre.Spec(MigrationGoal.Replicated));
        Assert.True(outcome is { Failed: null }, outcome?.Why);
        Assert.Contains(replica.Findings, finding => finding.Id == "rollback.no-points");
        Assert.DoesNotContain(replica.Plan!.Steps, step => step.Name == "keep recovery point");
    }

    [Fact(Timeout = Limit)]
    public async Task A_committed_move_leaves_an_instance_without_marks_of_ours()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var dc = new Datacentre(ec2);

        var (_, outcome) = await dc.DriveAsync(Datacentre.Spec(MigrationGoal.Committed));

        Assert.True(outcome?.Failed is null, outcome?.Why);
        var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.False(instance.TerminationProtected);
        Assert.DoesNotContain(instance.Tags.Keys, key => key.StartsWith("vmmigrate:", StringComparison.Ordinal));
        Assert.DoesNotContain(ec2.World.Volumes.SelectMany(volume => volume.Tags.Keys), key => key is "vmmigrate:migration" or "vmmigrate:disk");
        Assert.Empty(ec2.World.Snapshots);
        Assert.Empty(await dc.Home.FindByNameAsync("web-01", Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task What_stands_against_a_move_is_told_before_it_and_nothing_is_made()
    {
        await using var ec2 = await Ec2World.StartAsync();
        ec2.Account.Denied.UnionWith(["ec2:RunInstances", "ec2:CreateVolume"]);
        (ec2.World.VcpuQuota, ec2.World.PutsPerSecondQuota) = (1, 1000);
        var dc = new Datacentre(ec2);
        var options = Value.Map(
            ("instanceType", Value.Text("m7g.large")),
            ("privateAddresses", Value.List([Value.Text("10.0.2.3")])),
            ("securityGroups", Value.List([Value.Text("sg-0000000000000beef")])),
            ("iops", Value.Number(999_999)));

        var (before, outcome) = await dc.DriveAsync(Datacentre.Spec() with { Target = Datacentre.Spec().Target with { Platforms = ImmutableDictionary<string, MapValue>.Empty.Add("aws", options) } });

        Assert.Null(outcome);
        string[] ids = [.. before.Findings.Where(finding => finding.Severity == Engine.Checks.Severity.Error).Select(finding => finding.Id)];
        Assert.Contains("access.target.rights", ids);
        Assert.Contains("aws.type.fits", ids);
        Assert.Contains("aws.address.fits", ids);
        Assert.Contains("aws.group.exists", ids);
        // EC2 refuses the declared type, so its quota is not reached; the rest of the account's is looked at with one that fits.
        var (fits, _) = await dc.DriveAsync(Datacentre.Spec());
        Assert.Contains(fits.Findings, finding => finding.Id == "quota.vcpu" && finding.Severity == Engine.Checks.Severity.Error);
        Assert.Contains(fits.Findings, finding => finding.Id == "quota.api-rate" && finding.Severity == Engine.Checks.Severity.Warning && finding.Message.Contains("the account's quota is 1000/s", StringComparison.Ordinal));
        Assert.Contains(before.Findings, finding => finding.Message.Contains("ec2:RunInstances", StringComparison.Ordinal) && finding.Message.Contains("ec2:CreateVolume", StringComparison.Ordinal));
        Assert.Contains(before.Findings, finding => finding.Message.Contains("the five that AWS keeps", StringComparison.Ordinal));
        Assert.Empty(ec2.World.Snapshots);
        Assert.Empty(ec2.World.Instances);
        Assert.Empty(ec2.World.Nics);
    }

    [Fact(Timeout = Limit)]
    public async Task An_instance_that_ec2_calls_impaired_is_not_accepted_and_the_vm_runs_at_home()
    {
        await using var ec2 = await Ec2World.StartAsync();
        ec2.World.IsHostImpaired = true;
        var dc = new Datacentre(ec2);

        var (before, lost) = await dc.DriveAsync(Datacentre.Spec());

        Assert.Contains(before.Plan!.Steps, step => step.Describe(before.Run!).Contains("EC2's system and instance status checks are ok within 10 min", StringComparison.Ordinal));
        Assert.Equal("prove", lost?.Failed?.Name);
        Assert.Contains("system impaired, instance ok", lost!.Why, StringComparison.Ordinal);
        Assert.False(lost.UndoFailed, string.Join('\n', lost.TakenBack));
        Assert.Equal(PowerState.Running, (await dc.Home.InspectAsync(before.Run!.Vm.Id, Cancel))!.Power);
        Assert.DoesNotContain(ec2.Do(world => world.Instances.ToList()), instance => instance.State == "running");

        // Waived by declaration, it is not waited for; else it is waited for until it has come to be ok, and told.
        var options = ImmutableDictionary<string, MapValue>.Empty.Add("aws", Value.Map(("statusChecks", Value.Bool(false))));
        var (without, _) = await dc.DriveAsync(Datacentre.Spec(MigrationGoal.Validated) with { Target = Datacentre.Spec().Target with { Platforms = options } });
        Assert.DoesNotContain(without.Plan!.Steps, step => step.Describe(without.Run!).Contains("status checks", StringComparison.Ordinal));
        ec2.World.IsHostImpaired = false;
        var (after, moved) = await dc.DriveAsync(Datacentre.Spec());
        Assert.True(moved is { Failed: null }, moved?.Why);
        Assert.Contains("status checks: system ok, instance ok", after.Run!.Guest, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("POST /snapshots")]
    [InlineData("PUT /snapshots")]
    [InlineData("POST /snapshots/completion")]
    [InlineData("RegisterImage")]
    [InlineData("CreateNetworkInterface")]
    [InlineData("RunInstances")]
    [InlineData("StopInstances")]
    [InlineData("DetachVolume")]
    [InlineData("CreateVolume")]
    [InlineData("AttachVolume")]
    [InlineData("DeregisterImage")]
    [InlineData("ModifyInstanceAttribute")]
    [InlineData("CreateTags")]
    [InlineData("StartInstances")]
    public async Task A_run_that_ec2_is_lost_to_at_any_call_is_gone_on_with_and_taken_back_whole(string call)
    {
        foreach (var afterIt in (bool[])[false, true])
        {
            await using var ec2 = await Ec2World.StartAsync();
            var dc = new Datacentre(ec2);
            var (met, gone) = (false, false);
            ec2.World.Faults.Before = action =>
            {
                gone |= met || (!afterIt && action.StartsWith(call, StringComparison.Ordinal));
                met |= action.StartsWith(call, StringComparison.Ordinal);
                if (gone)
                {
                    throw new TestEc2.Ec2Error(403, "UnauthorizedOperation", "The test took the keys away.");
                }
            };
            var (_, lost) = await dc.DriveAsync(Datacentre.Spec());
            Assert.True(lost?.Failed is not null, $"{call} was never called, or its loss went unseen");
            ec2.World.Faults.Before = null;

            var (before, moved) = await dc.DriveAsync(Datacentre.Spec());

            Assert.True(moved is { Failed: null }, $"{call}: {moved?.Why} {string.Join('\n', before.Findings)}");
            var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
            Assert.Equal(2, ec2.World.Volumes.Count(volume => volume.Instance == instance.Id));
            Assert.Equal(PowerState.Off, (await dc.Home.InspectAsync(before.Run!.Vm.Id, Cancel))!.Power);
            var (_, back) = await dc.DriveAsync(Datacentre.Spec(), removal: true);
            Assert.True(back is { Failed: null }, back?.Why);
            ec2.AssertNothingLeft();
            Assert.Empty(ec2.World.Nics);
            Assert.Empty(ec2.World.Images);
        }
    }

    /// <summary>A simulated site with one VM, beside the EC2.</summary>
    private sealed class Datacentre
    {
        private readonly SimulatedWorld _world = new(TimeProvider.System);
        private readonly Ec2World _ec2;

        internal Datacentre(Ec2World ec2)
        {
            _ec2 = ec2;
            Home = _world.Open("dc1", new SiteOptions
            {
                Guest = new GuestOptions { Boot = TimeSpan.FromMilliseconds(100), Shutdown = TimeSpan.FromMilliseconds(100) },
                Machines = [new MachineOptions { Name = "web-01", Disks = [8L << 20, (3L << 20) + 512], Running = true, Networks = ["default"] }],
            });
        }

        internal Site Home { get; private set; }

        internal static MigrationSpec Spec(MigrationGoal goal = MigrationGoal.CutOver) => new()
        {
            Vm = new VmReference("dc1", "web-01", null),
            Target = new TargetSpec("ec2", null, "gp3", ImmutableDictionary<string, string>.Empty.Add("default", "subnet-00000000000000a01"), null),
            Goal = goal,
            Digest = DigestAlgorithm.Sha256,
            Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
            Probes = [new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50)), new ProbeSpec(ProbeKind.Console, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50), Contains: "login:")],
        };

        internal async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(MigrationSpec spec, bool removal = false)
        {
            await using var ec2 = _ec2.Open("ec2", settings => settings with { PriceFile = Repository.At("tests/Platforms.Tests/Aws/prices.json") });
            return await Ec2World.DriveAsync(new Book(Home, ec2), spec, removal);
        }
    }
}
