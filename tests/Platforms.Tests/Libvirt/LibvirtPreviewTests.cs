using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>A sound VM on a real host passes what a real host can be asked, in every mode.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class LibvirtPreviewTests(TwoHosts lab)
{
    [Fact(Timeout = 180_000)]
    public async Task A_sound_VM_is_judged_by_what_the_hosts_tell_and_nothing_stands_against_it()
    {
        await TwoHosts.FreshGuestAsync("sound", "--start", "--wait");
        try
        {
            await using var dc1 = lab.Open(TwoHosts.Dc1);
            await using var dc2 = lab.Open(TwoHosts.Dc2);
            foreach (var mode in Enum.GetValues<MigrationMode>())
            {
                var spec = new MigrationSpec
                {
                    Vm = new VmReference(TwoHosts.Dc1, "sound", null),
                    Target = new TargetSpec(TwoHosts.Dc2, null, TwoHosts.Pool, ImmutableDictionary<string, string>.Empty, null),
                    Mode = mode,
                };
                var preflight = await PreflightRunner.RunAsync(spec, null, new Book(dc1, dc2), false, TimeProvider.System, RunEvents.None, TestContext.Current.CancellationToken);

                TestContext.Current.TestOutputHelper?.WriteLine($"{mode}:\n{string.Join('\n', preflight.Findings.Select(finding => $"  {finding.Severity} {finding.Id}: {finding.Message}"))}");
                Assert.Equal("", string.Join('\n', preflight.Findings.Where(finding => finding.Severity == Severity.Error)));
                var unseen = preflight.NotJudged.Select(skipped => skipped.Check.Id).ToHashSet();
                Assert.DoesNotContain(Judged, unseen.Contains);
            }
        }
        finally
        {
            await TwoHosts.ForgetAsync("sound");
        }
    }

    /// <summary>Checks whose facts libvirt and the guest's agent always tell.</summary>
    private static readonly string[] Judged =
    [
        "access.mover.network", "request.vm.busy", "request.vm.inventory-status", "verify.agent", "capacity.cpu.vcpu-fit", "capacity.memory.ram", "capacity.storage.free", "capacity.host.health",
        "cpu.arch", "cpu.hw-virt", "cpu.pinning", "cpu.hotplug", "cpu.confidential", "memory.numa", "memory.balloon", "memory.hotplug", "memory.pmem", "memory.locked",
        "firmware.type", "firmware.nvram", "firmware.machine-type", "boot.order", "disk.size-positive", "disk.bus", "disk.shared", "disk.rdm", "disk.passthrough", "disk.lun-remap", "disk.cdrom",
        "net.mac.unique", "net.nic.unplugged", "net.nic.filter", "snapshot.present", "dev.pci-passthrough", "dev.usb", "dev.watchdog", "dev.virtiofs-9p", "dev.host-bound",
        "crypt.vm-encryption", "crypt.transfer-tls", "crypt.tpm.present", "name.valid", "name.exists", "sched.autostart",
    ];
}
