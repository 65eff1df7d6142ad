using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Tests.Checks;

/// <summary>What trips one check, what is just inside, and how its facts are unknown.</summary>
/// <param name="Unknown">Null where its facts are never unknown; then <paramref name="Certain"/> says why.</param>
internal sealed record CheckCase(
    string Id, Func<CheckSubject, CheckSubject> Trip, Func<CheckSubject, CheckSubject> Inside, Func<CheckSubject, CheckSubject>? Unknown, string? Certain = null);

/// <summary>The cases of every check.</summary>
internal static partial class CheckCases
{
    internal static ImmutableArray<CheckCase> All { get; } =
    [
        .. Facts.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Read),
        .. Own,
    ];

    /// <summary>Checks that judge nothing themselves, and the name of the test that shows what they are about.</summary>
    internal static ImmutableDictionary<string, string> Elsewhere { get; } = new Dictionary<string, string>
    {
        ["access.site.reach"] = "A_site_that_does_not_answer_and_a_name_that_is_not_there_are_findings",
        ["request.vm.unique"] = "A_site_that_does_not_answer_and_a_name_that_is_not_there_are_findings",
        ["facts.unknown"] = "Checks_that_cannot_see_their_facts_are_summed_up_in_one_finding",
        ["replatform.moved"] = "A_copy_that_was_made_of_another_declaration_is_not_taken_for_the_new_vm",
        ["facts.drift"] = "A_VM_stopped_by_hand_at_the_target_is_drift_and_the_next_run_starts_it",
        ["disk.size-shrink"] = "A_disk_of_another_length_is_made_anew",
        ["sec.secrets-in-state"] = "Known_secrets_and_control_characters_are_taken_out",
        ["name.already-migrated"] = "A_finished_move_is_not_judged_again_and_takes_nothing_of_the_next_ones",
    }.ToImmutableDictionary();

    private static IEnumerable<CheckCase> Own =>
    [
        Sure("request.mode.supported", s => s with { ToCapabilities = new Capabilities { Target = false } }, s => s, "drivers say what they can"),
        Sure("request.powerstate", s => s with { Vm = s.Vm with { Power = PowerState.Paused } }, s => s, "every platform tells it"),
        Sure("request.vm.held", s => s with { Vm = s.Vm with { Stamp = Stamp("m2") } }, s => s with { Vm = s.Vm with { Stamp = Stamp("m1") } }, "a stamp is there or not"),
        Sure("request.target.same", s => s with { To = s.To with { Identity = "here" } }, s => s, "every site has an identity"),
        .. new[] { "map.network.complete", "map.network.exists", "map.network.unused", "map.storage.complete", "map.storage.exists", "map.host.exists" }
            .Select(id => Sure(id, s => s with { Placing = [Finding.Error(id, PropertyPath.Root, "x")] }, s => s, "judged by placement; see PlacementTests")),
        Sure("replatform.target", s => Replatform(s, "vdb"), s => Replatform(s, "vdb") with { ToCapabilities = new Capabilities { StartsFromImages = true } }, "drivers say what they can"),
        Sure("replatform.disks", s => Replatform(s, "vdx"), s => Replatform(s, "vdb"), "the list of disks is a part of every VM"),
        Sure("replatform.os-disk", s => Replatform(s, "vda"), s => Replatform(s, "vdb"), "the list of disks is a part of every VM"),
        Sure("replatform.carries", s => Replatform(s, "vdb"), s => s, "what is unknown is told as unknown"),
        Sure("replatform.leaves", s => Replatform(s, "vdb"), s => s, "what is unknown is told as unknown"),
        new("map.network.single-pod", s => TwoCards(s).With("network.pod=true"), s => s.With("network.pod=true"), s => s),
        Sure(
            "verify.tcp", s => s with { Spec = s.Spec with { Probes = [Tcp] } },
            s => s with { Spec = s.Spec with { Probes = [Tcp] }, Vm = s.Vm with { Addresses = ["10.0.0.5"] } }, "no address is the finding itself"),
        Sure(
            "verify.ssh", s => s with { Spec = s.Spec with { Probes = [Ssh(null)] } },
            s => s with { Spec = s.Spec with { Probes = [Ssh("ssh-ed25519 AAAA")] } }, "a key is declared or not"),
        new("capacity.storage.free", s => Disk(s, 100).With("pool.free=99B"), s => Disk(s, 100).With("pool.free=100B"), s => Disk(s, 100)),
        new("capacity.storage.slack", s => Disk(s, 100).With("pool.free=109B"), s => Disk(s, 100).With("pool.free=110B"), s => Disk(s, 100)),
        new("boot.order", s => Order(s, "vsphere"), s => Order(s, "libvirt"), s => s),
        Sure("disk.length-unknown", s => s, s => Disk(s, 100), "unknown is the finding itself"),
        Sure("disk.none", s => s with { Vm = s.Vm with { Disks = [] } }, s => s, "the list of disks is a part of every VM"),
        Sure("disk.unreadable", s => s with { Vm = s.Vm with { Disks = [s.Vm.Disks[0] with { Readable = false }] } }, s => s, "the driver knows what it can read"),
        Sure("disk.cdrom", s => s with { Vm = s.Vm with { Disks = s.Vm.Disks.Add(Medium("cdrom")) } }, s => s, "media are disks of the VM"),
        Sure("disk.floppy", s => s with { Vm = s.Vm with { Disks = s.Vm.Disks.Add(Medium("floppy")) } }, s => s, "floppies are disks of the VM"),
        new(
            "net.mac.unique", s => Macs(s, "52:54:00:00:00:01"), s => Macs(s, "52:54:00:00:00:02"),
            s => s with { To = s.To with { MacsInUse = Fact<ImmutableDictionary<string, string>>.Unknown("no rights") } }),
        Sure("net.ip.known", s => s.With("plan.keepAddresses=true"), s => s.With("plan.keepAddresses=true; guest.addresses=10.0.0.5"), "unknown is the finding itself"),
        Sure("net.mac.preserve", s => s, s => s with { Vm = s.Vm with { Nics = [] } }, "the list of cards is a part of every VM"),
        new(
            "net.vmotion.port-label", s => s with { Placement = s.Placement with { Networks = s.Placement.Networks.SetItem("lan", "other") } }, s => s,
            s => s with { Vm = s.Vm with { Nics = [new Nic { Mac = "52:54:00:00:00:01" }] } }),
        Sure("net.vdpa-slirp", s => s with { Vm = s.Vm with { Nics = [s.Vm.Nics[0] with { Attachment = "vdpa" }] } }, s => s with { Vm = s.Vm with { Nics = [s.Vm.Nics[0] with { Attachment = "user" }] } }, "how a card is attached is a part of it"),
        Sure("id.uuid.collision", s => Other(s, "db-01"), s => Other(s, "db-01", "m1"), "a VM that hides its id cannot collide by it"),
        Sure("id.machine-id", s => s.With("plan.testClone=true"), s => s, "only the user can wish for a clone"),
        new("id.smbios-uuid", s => Identity(s) with { To = s.To with { Kind = "aws" } }, Identity, s => s),
        new("os.detected", s => s with { To = s.To with { Kind = "aws" } }, s => s.With("guest.os=debian 12") with { To = s.To with { Kind = "aws" } }, s => s with { To = s.To with { Kind = "aws" } }),
        new("os.windows.updates-first-boot", s => s.With("guest.family=windows") with { To = s.To with { Kind = "kubevirt" } }, s => s.With("guest.family=linux") with { To = s.To with { Kind = "kubevirt" } }, s => s with { To = s.To with { Kind = "kubevirt" } }),
        Sure("firmware.change-requested", s => s.With("plan.changeFirmware=true"), s => s, "only the user can wish for it"),
        new("sched.vm-affinity", s => s.With("vm.keepApart=web-02") with { Others = Beside("web-02") }, s => s.With("vm.keepApart=web-02") with { Others = Beside("web-03") }, s => s),
        .. new (string Id, string Trip, string Inside)[]
        {
            ("cpu.shares", "vm.cpuShares=2048", "vm.cpuShares=none"),
            ("cpu.hotplug", "vm.cpuHotplug=true", "vm.cpuHotplug=false"),
            ("memory.balloon", "vm.balloon=true", "vm.balloon=false"),
            ("memory.hotplug", "vm.memoryHotplug=true", "vm.memoryHotplug=false"),
            ("memory.locked", "vm.memoryLocked=true", "vm.memoryLocked=false"),
            ("disk.qos", "disk.qos=500 iops", "disk.qos=none"),
            ("disk.serial", "disk.serial=S1", "disk.serial=none"),
            ("net.nic.qos", "nic.qos=10 Mbit/s", "nic.qos=none"),
            ("net.nic.filter", "nic.filter=clean-traffic", "nic.filter=none"),
            ("dev.serial-parallel", "vm.serialPorts=COM1", "vm.serialPorts=none"),
            ("dev.display", "vm.display=spice", "vm.display=vnc"),
        }.Select(one => new CheckCase(one.Id, s => Across(s).With(one.Trip), s => Across(s).With(one.Inside), Across)),
        new("dev.watchdog", s => s.With("vm.watchdog=i6300esb") with { To = s.To with { Kind = "aws" } }, s => s.With("vm.watchdog=none") with { To = s.To with { Kind = "aws" } }, s => s with { To = s.To with { Kind = "aws" } }),
        new("dev.iothreads", s => s.With("vm.ioThreads=2") with { To = s.To with { Kind = "aws" } }, s => s.With("vm.ioThreads=0") with { To = s.To with { Kind = "aws" } }, s => s with { To = s.To with { Kind = "aws" } }),
        Sure("lic.os-byol", s => s, s => s.With("plan.osLicence=byol"), "not having said so is the finding itself"),
        Sure("app.health-probe", s => s with { Spec = s.Spec with { Probes = [] } }, s => s, "what is declared is known"),
        new("time.estimate", s => Takes(s.With("plan.window=59m")), s => Takes(s.With("plan.window=1h")), Takes),
        new("time.downtime", s => Takes(s.With("plan.maxDowntime=9m")), s => Takes(s.With("plan.maxDowntime=10m")), Takes),
        new("time.completion-timeout", s => Takes(s.With("site.liveTimeout=59m")), s => Takes(s.With("site.liveTimeout=1h")), Takes),
        new("time.session-expiry", s => Takes(s.With("site.sessionEnds=2026-11-25 12:59")), s => Takes(s.With("site.sessionEnds=2026-11-25 13:00")), Takes),
        new("quota.disk", s => Disk(s, 100).With("site.quotaDisk=99B"), s => Disk(s, 100).With("site.quotaDisk=100B"), s => Disk(s, 100)),
        Sure("name.exists", s => Other(s, "web-01"), s => Other(s, "web-01", "m1"), "a site tells the names of its VMs"),
        Sure("name.duplicate-plan", s => s with { Others = Reserved.Nothing with { Names = ["web-01"] } }, s => s, "our own book of this run"),
        Sure("name.case-fold", s => Other(s, "WEB-01"), s => Other(s, "WEB-02"), "a site tells the names of its VMs"),
        Sure("name.unicode", s => s with { Placement = s.Placement with { Name = "wéb-01" } }, s => s, "a name is a name"),
        new(
            "slo.after", s => s.With("plan.autoRollback=true") with { Spec = s.Spec with { Probes = [] } },
            s => s.With("plan.autoRollback=true; plan.metricSource=prometheus") with { Spec = s.Spec with { Probes = [] } }, s => s),
    ];

    private static ProbeSpec Ssh(string? hostKey) =>
        new(ProbeKind.Ssh, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), Port: 22) { Ssh = new SshProbe("root", "true", null, null, hostKey) };

    private static ProbeSpec Tcp => new(ProbeKind.Tcp, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), Port: 22);

    private static CheckCase Read(string line)
    {
        var parts = line.Split('|', StringSplitOptions.TrimEntries);
        return new CheckCase(parts[0], s => s.With(parts[1]).With(parts[2]), s => s.With(parts[1]).With(parts[3]), s => s.With(parts[1]));
    }

    private static CheckCase Sure(string id, Func<CheckSubject, CheckSubject> trip, Func<CheckSubject, CheckSubject> inside, string why) => new(id, trip, inside, null, why);

    private static Stamp Stamp(string migration) => new(migration, StampRole.Source);

    private static CheckSubject Disk(CheckSubject s, long bytes) =>
        s with { Vm = s.Vm with { Disks = [s.Vm.Disks[0] with { LengthBytes = Fact.Known(bytes), AllocatedBytes = Fact.Known(bytes) }] } };

    private static CheckSubject TwoCards(CheckSubject s) => s with { Vm = s.Vm with { Nics = s.Vm.Nics.Add(s.Vm.Nics[0] with { Mac = "52:54:00:00:00:02" }) } };

    private static Disk Medium(string device) => new() { Name = "sda", Location = "/iso/x", Device = device };

    private static CheckSubject Order(CheckSubject s, string to) => s.With("vm.bootOrder=hd, network") with { To = s.To with { Kind = to } };

    private static CheckSubject Macs(CheckSubject s, string mac) => s with { To = s.To with { MacsInUse = Fact.Known(ImmutableDictionary<string, string>.Empty.Add(mac, "db-01")) } };

    private static CheckSubject Other(CheckSubject s, string name, string? migration = null) =>
        s with { Vm = s.Vm with { Uuid = Fact.Known("u-1") }, To = s.To with { Vms = [new VmName("u-1", name, migration)] } };

    private static CheckSubject Identity(CheckSubject s) => s with { Vm = s.Vm with { Uuid = Fact.Known("u-1") } };

    private static CheckSubject Takes(CheckSubject s) => s with { Estimate = new Estimate(1000, TimeSpan.FromHours(1), TimeSpan.FromMinutes(10), 1, "") };

    /// <summary>Between two platforms, where a definition is not kept.</summary>
    private static CheckSubject Across(CheckSubject s) => s with { From = s.From with { Kind = s.From.Kind == "libvirt" && s.To.Kind == "vsphere" ? "hyperv" : s.From.Kind }, To = s.To with { Kind = s.From.Kind == "vsphere" ? "libvirt" : "vsphere" } };

    private static Reserved Beside(string vm) => Reserved.Nothing with { Vms = [vm] };

    /// <summary>With a second disk, of which those named are carried.</summary>
    private static CheckSubject Replatform(CheckSubject s, string disk) => s with
    {
        Spec = s.Spec with { Replatform = new ReplatformSpec("image", [new DataDisk(disk, "/dev/sdf")], []) },
        Vm = s.Vm with { Disks = disk == "vda" ? s.Vm.Disks : [s.Vm.Disks[0] with { Name = "vdb" }] },
        LeftDisks = disk == "vda" ? [] : s.Vm.Disks,
    };
}
