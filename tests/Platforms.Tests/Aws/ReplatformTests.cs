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
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>An x86 VM's data disks at a new arm64 instance of an image. Hooks go to a real sshd on this machine.</summary>
public sealed class ReplatformTests : IAsyncLifetime
{
    private const int Limit = 120_000;
    private const string Secret = "hunter2-in-the-hook";

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-replatform-").FullName;
    private readonly SimulatedWorld _world = new(TimeProvider.System);
    private Ec2World _ec2 = null!;
    private LoopbackSsh _ssh = null!;
    private string _hostKey = "";
    private Site _home = null!;
    private TestEc2.Image _image = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What the hooks have done, line by line.</summary>
    private string Log => Path.Combine(_folder, "log");

    public async ValueTask InitializeAsync()
    {
        _ec2 = await Ec2World.StartAsync();
        _image = _ec2.World.AddImage("debian-arm64", "arm64");
        _ssh = await LoopbackSsh.StartAsync(Cancel);
        _hostKey = await _ssh.HostKeyAsync();
        _home = _world.Open("dc1", new SiteOptions
        {
            Guest = new GuestOptions { Boot = TimeSpan.FromMilliseconds(100), Shutdown = TimeSpan.FromMilliseconds(100) },
            Machines = [new MachineOptions { Name = "db-01", Disks = [8L << 20, 6L << 20, (3L << 20) + 512], Running = true, Networks = ["default"] }],
        });
        Assert.Single(await _home.FindByNameAsync("db-01", Cancel));
        _world.ByHand.WriteToDisk("dc1", "db-01", "vdb", 0, System.Security.Cryptography.RandomNumberGenerator.GetBytes(3 << 20));
        _world.ByHand.WriteToDisk("dc1", "db-01", "vdc", 1 << 20, System.Security.Cryptography.RandomNumberGenerator.GetBytes((2 << 20) + 512));
        // The hooks run as another account.
        File.SetUnixFileMode(_folder, (UnixFileMode)0x1FF);
    }

    public async ValueTask DisposeAsync()
    {
        await _ssh.DisposeAsync();
        await _ec2.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory(Timeout = Limit)]
    [InlineData(MigrationMode.Cold)]
    [InlineData(MigrationMode.Warm)]
    public async Task Data_disks_go_to_an_instance_of_another_architecture_and_come_home_with_what_was_written(MigrationMode mode)
    {
        var spec = Spec($"echo one {Secret} >> {Log}", $"echo two >> {Log}; echo arch $(uname -s)") with { Mode = mode };

        var (before, moved) = await DriveAsync(spec);

        Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Where(finding => finding.Severity == Severity.Error))}");
        var carries = Assert.Single(before.Findings, finding => finding.Id == "replatform.carries").Message;
        Assert.Contains("vdb (6 MiB) as /dev/sdf, vdc (3 MiB) as /dev/sdg", carries, StringComparison.Ordinal);
        var leaves = Assert.Single(before.Findings, finding => finding.Id == "replatform.leaves");
        Assert.Equal(Severity.Warning, leaves.Severity);
        Assert.Contains("the disk vda (8 MiB) with the operating system", leaves.Message, StringComparison.Ordinal);
        Assert.Contains("architecture (x86_64", leaves.Message, StringComparison.Ordinal);
        Assert.Contains("which removes it for good", leaves.Message, StringComparison.Ordinal);
        // Nothing of the old system is judged; its data still is.
        Assert.DoesNotContain(before.Findings, finding => finding.Id is "lic.os-byol" or "cpu.arch" || finding.Id.StartsWith("os.", StringComparison.Ordinal));
        Assert.Contains(before.Plan!.Steps, step => step.Describe(before.Run!).Contains($"of image {_image.Id} (debian-arm64, arm64), which boots once without the data, is stopped, and gets vdb (6 MiB) at /dev/sdf", StringComparison.Ordinal));
        Assert.Equal(["one " + Secret, "two"], await File.ReadAllLinesAsync(Log, Cancel));
        Assert.DoesNotContain(Secret, Told(before, moved!), StringComparison.Ordinal);

        var instance = _ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal(("m7g.large", "arm64", "db-01", true), (instance.Type.Name, instance.Image.Architecture, instance.Name, instance.TerminationProtected));
        Assert.Equal(["/dev/sdf", "/dev/sdg", "/dev/xvda"], _ec2.World.DisksOf(instance).Select(volume => volume.Device!).Order(StringComparer.Ordinal));
        Assert.Equal(2, before.Run!.Proofs.Count);
        Assert.All(before.Run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        // By our own eyes too: the volumes hold what the disks at home hold.
        foreach (var (disk, device) in (ReadOnlySpan<(string, string)>)[("vdb", "/dev/sdf"), ("vdc", "/dev/sdg")])
        {
            Assert.Equal(Home(disk), At(instance, device));
        }

        // A second run has nothing to do, and the first disk is nowhere at EC2.
        var (_, again) = await DriveAsync(spec);
        Assert.True(again is null or { Failed: null, Done.IsEmpty: true }, again?.Why);
        Assert.DoesNotContain(_ec2.World.Snapshots, snapshot => snapshot.Tags.GetValueOrDefault("vmmigrate:disk") == "vda");

        // What is written at EC2, on the data disk and on the image's own.
        // Between its guest's journal and what the guest works on, which it writes as soon as it runs again.
        var still = (136 << 10)..(192 << 10);
        var systemAtHome = Home("vda")[still];
        _ec2.Do(world =>
        {
            world.DisksOf(instance).Single(volume => volume.Device == "/dev/sdf").Blocks[7] = [.. Enumerable.Repeat((byte)0xA5, World.BlockBytes)];
            return 0;
        });
        var (way, back) = await DriveAsync(spec, removal: true);
        Assert.True(back is { Failed: null }, $"{back?.Why} {string.Join('\n', way.Findings)}");
        Assert.Equal(0xA5, Home("vdb")[7 * World.BlockBytes]);
        // The image's root, which is all ones, did not come.
        Assert.Contains(systemAtHome, one => one != 1);
        Assert.Equal(systemAtHome, Home("vda")[still]);
        await AssertAsBeforeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_hook_that_does_not_end_well_is_a_gate_that_fails()
    {
        var (before, lost) = await DriveAsync(Spec($"echo one >> {Log}", $"export PASSWORD={Secret}; echo no such table >&2; exit 3"));

        Assert.Equal("run hooks", lost?.Failed?.Name);
        Assert.Contains("hook 2 of 2", lost!.Why, StringComparison.Ordinal);
        Assert.Contains("ended with 3: no such table", lost.Why, StringComparison.Ordinal);
        Assert.False(lost.UndoFailed, string.Join('\n', lost.TakenBack));
        Assert.DoesNotContain(Secret, Told(before, lost), StringComparison.Ordinal);
        Assert.Equal(PowerState.Running, (await _home.InspectAsync(before.Run!.Vm.Id, Cancel))!.Power);
        Assert.All(_ec2.Do(world => world.Instances.ToList()), instance => Assert.Equal("terminated", instance.State));

        var (_, late) = await DriveAsync(Spec("sleep 60") with { Replatform = Replatform("sleep 60") with { Hooks = [Hook("sleep 60") with { Timeout = TimeSpan.FromSeconds(2) }] } });
        Assert.Contains("did not end: not done within 2 s", late?.Why, StringComparison.Ordinal);
        Assert.Equal(PowerState.Running, (await _home.InspectAsync(before.Run.Vm.Id, Cancel))!.Power);

        // Put right, it moves and is committed as declared: nothing of ours stays on what stays, and the source is gone with its system.
        var (_, moved) = await DriveAsync(Spec($"echo fixed >> {Log}") with { Goal = MigrationGoal.Committed });
        Assert.True(moved is { Failed: null }, moved?.Why);
        var instance = _ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.DoesNotContain(instance.Tags.Keys.Concat(_ec2.World.Volumes.SelectMany(volume => volume.Tags.Keys)), key => key is "vmmigrate:migration" or "vmmigrate:disk" or "vmmigrate:kind");
        Assert.False(instance.TerminationProtected);
        Assert.Equal([_image.Disks[0].Snapshot], _ec2.World.Snapshots.Select(snapshot => snapshot.Id));
        Assert.Empty(await _home.FindByNameAsync("db-01", Cancel));
    }

    [Theory(Timeout = Limit)]
    [InlineData("PUT /snapshots", false)]
    [InlineData("RunInstances", false)]
    [InlineData("RunInstances", true)]
    [InlineData("StopInstances", true)]
    [InlineData("CreateVolume", true)]
    [InlineData("AttachVolume", true)]
    [InlineData("StartInstances", true)]
    [InlineData("hook", true)]
    public async Task A_run_that_ec2_is_lost_to_is_gone_on_with_and_repeats_no_hook_that_was_done(string call, bool afterIt)
    {
        var spec = Spec($"echo one >> {Log}");
        var (met, noted, gone) = (false, false, false);
        _ec2.World.Faults.Before = action =>
        {
            // A hook is done once that is noted, which is the next tag that is written.
            noted |= File.Exists(Log) && action == "CreateTags";
            gone |= met || (!afterIt && action.StartsWith(call, StringComparison.Ordinal));
            met |= call == "hook" ? noted : action.StartsWith(call, StringComparison.Ordinal);
            if (gone)
            {
                throw new Ec2Error(403, "UnauthorizedOperation", "The test took the keys away.");
            }
        };
        var (_, lost) = await DriveAsync(spec);
        Assert.True(lost?.Failed is not null, $"{call} was never called, or its loss went unseen");
        _ec2.World.Faults.Before = null;

        var (before, moved) = await DriveAsync(spec);

        Assert.True(moved is { Failed: null }, $"{call}: {moved?.Why} {string.Join('\n', before.Findings.Where(finding => finding.Severity == Severity.Error))}");
        Assert.Equal(["one"], await File.ReadAllLinesAsync(Log, Cancel));
        var instance = _ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal(3, _ec2.World.Volumes.Count(volume => volume.Instance == instance.Id));
        Assert.Equal(Home("vdb"), At(instance, "/dev/sdf"));
        Assert.Equal(PowerState.Off, (await _home.InspectAsync(before.Run!.Vm.Id, Cancel))!.Power);
        var (_, back) = await DriveAsync(spec, removal: true);
        Assert.True(back is { Failed: null }, back?.Why);
        await AssertAsBeforeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_copy_that_was_made_of_another_declaration_is_not_taken_for_the_new_vm()
    {
        // All is copied and defined as the VM is; then EC2 is lost.
        var plain = Spec() with { Replatform = null, Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"), Target = new TargetSpec("ec2", null, "gp3", ImmutableDictionary<string, string>.Empty.Add("default", "subnet-00000000000000a01"), null) };
        var gone = false;
        _ec2.World.Faults.Before = action =>
        {
            gone |= action == "StartInstances";
            if (gone)
            {
                throw new Ec2Error(403, "UnauthorizedOperation", "The test took the keys away.");
            }
        };
        var (_, lost) = await DriveAsync(plain);
        Assert.NotNull(lost?.Failed);
        Assert.True(lost.UndoFailed);
        _ec2.World.Faults.Before = null;

        var (before, moved) = await DriveAsync(Spec());

        Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Where(finding => finding.Severity == Severity.Error))}");
        var instance = _ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
        Assert.Equal("arm64", instance.Image.Architecture);

        // Where it lives by now, another declaration changes nothing and is told; it does not move on.
        var (told, nothing) = await DriveAsync(Spec() with { Replatform = null });
        Assert.Contains(told.Findings, finding => finding.Id == "replatform.moved");
        Assert.True(nothing is null or { Failed: null, Done.IsEmpty: true }, nothing?.Why);
        var (_, back) = await DriveAsync(Spec() with { Replatform = null }, removal: true);
        Assert.True(back is { Failed: null }, back?.Why);
        await AssertAsBeforeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task What_cannot_be_replatformed_is_refused_by_name_and_nothing_is_made()
    {
        var (before, outcome) = await DriveAsync(Spec() with
        {
            Replatform = new ReplatformSpec(_image.Id, [new DataDisk("vda", "/dev/xvda"), new DataDisk("vdx", "/dev/sdf"), new DataDisk("vdb", "/dev/sdf"), new DataDisk("vdc", "sdz")], []),
            Target = Target(("instanceType", "t3.small"), ("keyPair", "nobody")),
        });
        Assert.Null(outcome);
        string Said(string id) => string.Join('\n', before.Findings.Where(finding => finding.Id == id).Select(finding => finding.Message));
        Assert.Contains("no disk \"vdx\"", Said("replatform.disks"), StringComparison.Ordinal);
        Assert.Contains("\"/dev/sdf\" is given twice", Said("replatform.disks"), StringComparison.Ordinal);
        Assert.Contains("vda among the data disks", Said("replatform.os-disk"), StringComparison.Ordinal);
        Assert.Contains("t3.small does not run arm64 images", Said("aws.type.fits"), StringComparison.Ordinal);
        Assert.Contains("\"sdz\"", Said("aws.device.name"), StringComparison.Ordinal);
        Assert.Contains("the image's own", Said("aws.device.name"), StringComparison.Ordinal);
        Assert.Contains("nobody", Said("aws.key.exists"), StringComparison.Ordinal);

        var (missing, _) = await DriveAsync(Spec() with { Replatform = Replatform() with { Image = "ami-00000000000000000" } });
        Assert.Contains(missing.Findings, finding => finding.Id == "aws.image.exists" && finding.Severity == Severity.Error);

        // Without replatform the x86 VM stays refused, with the way out named.
        var (refused, _) = await DriveAsync(Spec() with { Replatform = null, Target = Target(("instanceType", "m7g.large")) });
        Assert.Contains("declare replatform", Assert.Single(refused.Findings, finding => finding.Id == "aws.type.fits").Message, StringComparison.Ordinal);

        // No other platform makes VMs of images.
        var there = _world.Open("dc2", new SiteOptions());
        var elsewhere = await PreflightRunner.RunPatientlyAsync(
            Spec() with { Target = new TargetSpec("dc2", null, null, ImmutableDictionary<string, string>.Empty, null) }, null, new Book(_home, there), false, PreflightRunner.RunPatience, TimeProvider.System, RunEvents.None, Cancel);
        Assert.Contains("site \"dc2\" is a simulator one", Assert.Single(elsewhere.Findings, finding => finding.Id == "replatform.target").Message, StringComparison.Ordinal);
        Assert.Empty(_ec2.World.Instances);
        Assert.Empty(_ec2.World.Nics);
    }

    private static string Told(Preflight before, RunOutcome outcome) => string.Join(
        '\n', before.Findings.Select(finding => finding.Message).Concat(before.Plan!.Steps.Select(step => step.Describe(before.Run!))).Concat(outcome.Done.Select(step => step.Detail)).Append(outcome.Why).Append(before.Run!.Guest));

    private byte[] Home(string disk) => _world.ByHand.ReadFromDisk("dc1", "db-01", disk, 0, disk switch { "vda" => 8 << 20, "vdb" => 6 << 20, _ => (3 << 20) + 512 });

    private byte[] At(Instance instance, string device)
    {
        var volume = _ec2.World.DisksOf(instance).Single(volume => volume.Device == device);
        var length = long.Parse(volume.Tags["vmmigrate:length"], System.Globalization.CultureInfo.InvariantCulture);
        var content = new byte[length];
        foreach (var (index, block) in volume.Blocks)
        {
            var start = index * World.BlockBytes;
            if (start < length)
            {
                block.AsSpan(0, (int)Math.Min(block.Length, length - start)).CopyTo(content.AsSpan(start));
            }
        }

        return content;
    }

    private async Task AssertAsBeforeAsync()
    {
        var vm = Assert.Single(await _home.FindByNameAsync("db-01", Cancel));
        Assert.Equal((PowerState.Running, null, 3), (vm.Power, vm.Stamp, vm.Disks.Length));
        Assert.Empty(_ec2.Do(world => world.Instances.Where(one => one.State != "terminated").ToList()));
        Assert.Empty(_ec2.World.Volumes);
        Assert.Empty(_ec2.World.Nics);
        // The image is not ours.
        Assert.Equal([_image.Disks[0].Snapshot], _ec2.World.Snapshots.Select(snapshot => snapshot.Id));
        Assert.Equal([_image], _ec2.World.Images);
    }

    private MigrationSpec Spec(params string[] hooks) => new()
    {
        Vm = new VmReference("dc1", "db-01", null),
        Target = Target(("keyPair", "ops")),
        Digest = DigestAlgorithm.Sha256,
        Replatform = Replatform(hooks),
        Probes = [new ProbeSpec(ProbeKind.Console, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50), Contains: "login:")],
    };

    private ReplatformSpec Replatform(params string[] hooks) => new(_image.Id, [new DataDisk("vdb", "/dev/sdf"), new DataDisk("vdc", "/dev/sdg")], [.. hooks.Select(Hook)]);

    private ProbeSpec Hook(string command) => new(ProbeKind.Ssh, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(100), "127.0.0.1", _ssh.Port)
    {
        Ssh = new SshProbe(LoopbackSsh.Account, command, _ssh.KeyFile, null, _hostKey),
    };

    private static TargetSpec Target(params (string Name, string Text)[] options) => new("ec2", null, "gp3", ImmutableDictionary<string, string>.Empty.Add("default", "subnet-00000000000000a01"), null)
    {
        Platforms = ImmutableDictionary<string, MapValue>.Empty.Add("aws", Value.Map([.. options.Select(option => (option.Name, (Value)Value.Text(option.Text)))])),
    };

    private async Task<(Preflight Before, RunOutcome? Outcome)> DriveAsync(MigrationSpec spec, bool removal = false)
    {
        await using var ec2 = _ec2.Open("ec2");
        return await Ec2World.DriveAsync(new Book(_home, ec2), spec, removal);
    }
}
