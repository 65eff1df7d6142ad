using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.VSphere;
using VmMigrate.Platforms.VSphere.Vim;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>The lab's real guest from a simulated vCenter to EC2, and as an instance that was born in EC2 to a real libvirt host; each with its way back.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class Ec2EndToEndTests(TwoHosts lab) : IAsyncLifetime
{
    private const int Limit = 300_000;
    private const string Subnet = "subnet-00000000000000a01";

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-ec2-").FullName;
    private Ec2World _ec2 = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ec2 = await Ec2World.StartAsync();
        _ec2.World.Runner = new QemuGuests(_folder, "LAB-READY");
        _ec2.World.StopLimit = TimeSpan.FromSeconds(60);
    }

    public async ValueTask DisposeAsync()
    {
        await _ec2.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = Limit)]
    public async Task A_vm_of_a_vcenter_boots_in_ec2_and_what_it_wrote_there_comes_home()
    {
        const string Name = "vmware-ec2";
        await using var vcsim = await Vcsim.StartAsync();
        await using var vcenter = vcsim.Open("vc1");
        await using var cloud = _ec2.Open("ec2");
        var book = new Book(vcenter, cloud);
        var world = new VcsimWorld(vcsim, vcenter);
        var content = await lab.GuestContentAsync(Cancel);
        var vm = await world.CreateVmAsync(Name, content, Cancel);
        await world.Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", Cancel);
        await world.SetToolsAsync(vm, true, Cancel);
        var spec = Spec("vc1", Name, "ec2", "gp3", ("DC0_DVPG0", Subnet));

        var (before, moved) = await Ec2World.DriveAsync(book, spec);

        Assert.True(!before.IsBlocked, string.Join('\n', before.Findings.Select(finding => $"{finding.Id} {finding.Message}")));
        Assert.True(moved?.Failed is null, moved?.Why);
        Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        var instance = _ec2.Do(ec2 => Assert.Single(ec2.Instances, instance => instance.State == "running"));
        Assert.Contains("LAB-READY", await cloud.ReadConsoleAsync(instance.Id, Cancel), StringComparison.Ordinal);
        Assert.Equal(FenceState.Standing, await vcenter.InspectFenceAsync(before.Run.Vm.Id, before.Run.MigrationId, Cancel));

        var (_, back) = await Ec2World.DriveAsync(book, spec, removal: true);
        Assert.True(back?.Failed is null, back?.Why);
        var home = Assert.Single(await vcenter.FindByNameAsync(Name, Cancel));
        Assert.Equal((PowerState.Running, null), (home.Power, home.Stamp));
        // The boot in EC2 counted itself on the disk.
        Assert.NotEqual(content, await File.ReadAllBytesAsync(vcsim.FlatOf(home.Disks[0].Location), Cancel));
        _ec2.AssertNothingLeft();
    }

    [Fact(Timeout = Limit)]
    public async Task An_instance_of_ec2_moves_to_a_libvirt_host_and_back()
    {
        const string Name = "from-ec2";
        await TwoHosts.ForgetAsync(Name);
        await using var cloud = _ec2.Open("ec2");
        await using var kvm = lab.Open(TwoHosts.Dc2);
        var book = new Book(kvm, cloud);
        var instance = _ec2.Seed(Name, type: "t3.nano", blocks: 0);
        var content = await lab.GuestContentAsync(Cancel);
        _ec2.Do(world =>
        {
            var root = world.DisksOf(instance)[0];
            for (var index = 0; index * World.BlockBytes < content.Length; index++)
            {
                var block = new byte[World.BlockBytes];
                content.AsSpan(index * World.BlockBytes, Math.Min(World.BlockBytes, content.Length - (index * World.BlockBytes))).CopyTo(block);
                if (block.AsSpan().ContainsAnyExcept((byte)0))
                {
                    root.Blocks[index] = block;
                }
            }

            world.Boot(instance);
            return 0;
        });
        await TwoHosts.ConsoleAsync(cloud, instance.Id, "LAB-READY", Cancel);
        var spec = Spec("ec2", Name, TwoHosts.Dc2, TwoHosts.Pool, (Subnet, "user"));
        try
        {
            var (before, moved) = await Ec2World.DriveAsync(book, spec);
            Assert.True(!before.IsBlocked, string.Join('\n', before.Findings.Select(finding => $"{finding.Id} {finding.Message}")));
            Assert.True(moved?.Failed is null, moved?.Why);
            Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
            var copy = Assert.Single(await kvm.FindByNameAsync(Name, Cancel));
            Assert.Equal(PowerState.Running, copy.Power);
            Assert.Contains("LAB-BOOT 2", await kvm.ReadConsoleAsync(copy.Id, Cancel), StringComparison.Ordinal);
            Assert.Equal(FenceState.Standing, await cloud.InspectFenceAsync(instance.Id, before.Run.MigrationId, Cancel));

            var (_, back) = await Ec2World.DriveAsync(book, spec, removal: true);
            Assert.True(back?.Failed is null, back?.Why);
            Assert.Empty(await kvm.FindByNameAsync(Name, Cancel));
            await TwoHosts.ConsoleAsync(cloud, instance.Id, "LAB-READY", Cancel);
            Assert.Contains("LAB-BOOT 3", await cloud.ReadConsoleAsync(instance.Id, Cancel), StringComparison.Ordinal);
            Assert.Equal(("running", false), (instance.State, instance.Tags.Keys.Any(key => key.StartsWith("vmmigrate:", StringComparison.Ordinal))));
            Assert.Single(_ec2.World.Volumes);
            Assert.Empty(_ec2.World.Snapshots);
        }
        finally
        {
            await TwoHosts.ForgetAsync(Name);
        }
    }

    private static MigrationSpec Spec(string from, string name, string to, string pool, (string From, string To) network) => new()
    {
        Vm = new VmReference(from, name, null),
        Target = new TargetSpec(to, null, pool, ImmutableDictionary<string, string>.Empty.Add(network.From, network.To), null),
        Digest = DigestAlgorithm.Sha256,
        Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
        Waivers = [new Engine.Checks.Waiver("os.supported", null, "The lab's guest is no distribution.", new DateOnly(2099, 1, 1), null)],
        Probes = [new ProbeSpec(ProbeKind.Console, TimeSpan.FromMinutes(2), TimeSpan.FromMilliseconds(200), Contains: "LAB-READY")],
    };
}
