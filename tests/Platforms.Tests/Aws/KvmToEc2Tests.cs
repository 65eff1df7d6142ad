using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A real guest on a real libvirt host goes to EC2, where its snapshots become disks that QEMU boots, and comes home with what it wrote there.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class KvmToEc2Tests(TwoHosts lab)
{
    private const int Limit = 300_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_kvm_guest_boots_in_ec2_from_equal_disks_and_comes_home_with_what_it_wrote()
    {
        var folder = Directory.CreateTempSubdirectory("vmm-ec2-").FullName;
        await using var ec2 = await Ec2World.StartAsync();
        ec2.World.Runner = new QemuGuests(folder, "LAB-READY");
        ec2.World.StopLimit = TimeSpan.FromSeconds(60);
        await TwoHosts.FreshGuestAsync("to-ec2", "--wait");
        try
        {
            await using var home = lab.Open(TwoHosts.Dc1);
            await using var cloud = ec2.Open("ec2");
            var book = new Book(home, cloud);
            var vm = Assert.Single(await home.FindByNameAsync("to-ec2", Cancel));
            var spec = new MigrationSpec
            {
                Vm = new VmReference(TwoHosts.Dc1, "to-ec2", null),
                Target = new TargetSpec("ec2", null, "gp3", vm.Nics.ToImmutableDictionary(nic => nic.Network.Value, _ => "subnet-00000000000000a01"), null),
                Digest = DigestAlgorithm.Sha256,
                Facts = FactSet.Empty.With(PlanFact.OsLicence, "byol"),
                Waivers = [new Engine.Checks.Waiver("os.supported", null, "The lab's guest is no distribution.", new DateOnly(2099, 1, 1), null)],
                Probes = [new ProbeSpec(ProbeKind.Console, TimeSpan.FromMinutes(2), TimeSpan.FromMilliseconds(200), Contains: "LAB-READY"), new ProbeSpec(ProbeKind.GuestAgent, TimeSpan.FromMinutes(2), TimeSpan.FromMilliseconds(200))],
            };

            var (before, moved) = await Ec2World.DriveAsync(book, spec);
            Assert.True(!before.IsBlocked, string.Join('\n', before.Findings.Select(finding => finding.Message)));
            Assert.True(moved?.Failed is null, moved?.Why);
            Assert.All(before.Run!.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
            var instance = ec2.Do(world => Assert.Single(world.Instances, instance => instance.State == "running"));
            var console = await cloud.ReadConsoleAsync(instance.Id, Cancel);
            Assert.Contains("LAB-SHA ok", console, StringComparison.Ordinal);
            Assert.Contains("LAB-BOOT 2", console, StringComparison.Ordinal);
            Assert.Equal(FenceState.Standing, await home.InspectFenceAsync(vm.Id, before.Run.MigrationId, Cancel));

            var (_, back) = await Ec2World.DriveAsync(book, spec, removal: true);
            Assert.True(back?.Failed is null, back?.Why);
            Assert.Contains(" since ", Assert.Single(back!.Done, step => step.Name == "bring changes back").Detail, StringComparison.Ordinal);
            Assert.InRange(back.Done.Sum(step => step.Bytes), 1, vm.Disks.Sum(disk => disk.LengthBytes.Value) / 4);
            Assert.Equal(PowerState.Running, (await home.InspectAsync(vm.Id, Cancel))!.Power);
            await TwoHosts.ConsoleAsync(home, vm.Id, "LAB-READY", Cancel);

            // The boot in EC2 counted, so its disk came home.
            Assert.Contains("LAB-BOOT 3", await home.ReadConsoleAsync(vm.Id, Cancel), StringComparison.Ordinal);
            ec2.AssertNothingLeft();
        }
        finally
        {
            await TwoHosts.ForgetAsync("to-ec2");
            await ec2.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
