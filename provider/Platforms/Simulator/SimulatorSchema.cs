using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator;

/// <summary>The fields of a <c>simulator</c> block.</summary>
internal static class SimulatorSchema
{
    internal static EnumType Firmware { get; } = new(
        "SimulatorFirmware",
        "How a simulated VM boots.",
        [
            new("Bios", "BIOS."),
            new("Uefi", "UEFI."),
        ]);

    internal static EnumType Kind { get; } = new(
        "SimulatorFaultKind",
        "What goes wrong.",
        [
            new(nameof(FaultKind.Refuse), "The call fails with `error`. A guest that refuses `Guest.Boot` or `Guest.Shutdown` does not do it."),
            new(nameof(FaultKind.Hang), "The call does not return before it is cancelled, or before `duration` is over."),
            new(nameof(FaultKind.Slow), "The call takes `duration` longer (default 10 s; for blocks 1 s each)."),
            new(nameof(FaultKind.Lie), "The call reports success and has done nothing. A read of blocks gives a wrong byte."),
            new(nameof(FaultKind.LoseReply), "The call does its work, then the connection breaks."),
            new(nameof(FaultKind.Crash), "An exception that nobody handles. For tests inside one process; use `Kill` otherwise."),
            new(nameof(FaultKind.Kill), "The process kills itself, as `kill -9` would. Run again to see that the migration continues; needs `state`."),
        ]);

    internal static EnumType Moment { get; } = new(
        "SimulatorFaultMoment",
        "Where in the call `Crash` and `Kill` strike.",
        [
            new(nameof(FaultMoment.Before), "Before anything is done."),
            new(nameof(FaultMoment.Inside), "After the first of several changes; as `After` when there is only one."),
            new(nameof(FaultMoment.After), "All is done, the caller never learns of it."),
        ]);

    internal static EnumType Error { get; } = new(
        "SimulatorFaultError",
        "The kind of error of a refused call.",
        [
            new(nameof(PlatformErrorKind.NotFound), "The object is not there."),
            new(nameof(PlatformErrorKind.Denied), "The account may not do it."),
            new(nameof(PlatformErrorKind.Busy), "Held by another task; a retry may help."),
            new(nameof(PlatformErrorKind.Refused), "The platform understood and said no."),
            new(nameof(PlatformErrorKind.Unreachable), "Nobody answers; a retry may help."),
            new(nameof(PlatformErrorKind.Lost), "The connection broke; a retry may help."),
            new(nameof(PlatformErrorKind.TimedOut), "It took too long; a retry may help."),
            new(nameof(PlatformErrorKind.Full), "No room left."),
            new(nameof(PlatformErrorKind.Unsupported), "The platform cannot do this."),
        ]);

    internal static ObjectType Fault { get; } = new(
        "SimulatorFault",
        "Something that goes wrong on purpose, at all calls that match every filter which is given.",
        [
            new("kind", FieldType.Of(Kind), "What goes wrong.") { Required = true },
            new("call", FieldType.Text, "The call: `EnsureRunning`, `EnsureOff`, `EnsureFenced`, `EnsureDisk`, `EnsureDefined`, ..., `ReadBlocks`, `WriteBlocks` (one for each 64 KiB); `*` stands for any characters. What guests do has names of its own: `Guest.Boot`, `Guest.Shutdown`, `Guest.Agent`, and `Guest.Memory`, which follows a guest that has changed sides before it (post-copy).") { Default = Value.Text("*") },
            new("vm", FieldType.Text, "Only calls about this VM: its name or id, with `*`."),
            new("step", FieldType.Text, "Only calls within this step of the migration, as preview names it, with `*`."),
            new("moment", FieldType.Of(Moment), "Where in the call `Crash` and `Kill` strike.") { Default = Value.Text(nameof(FaultMoment.Before)) },
            new("nth", FieldType.Integer, "Strikes from this matching call on, counted from 1 over all runs.") { Default = Value.Number(1) },
            new("times", FieldType.Integer, "How often it strikes; 0 means for ever.") { Default = Value.Number(1) },
            new("probability", FieldType.Number, "With which probability (0 to 1) it strikes at a matching call. The same seed gives the same calls.") { Default = Value.Number(1) },
            new("from", FieldType.Duration, "Strikes only later than this after the site's first use."),
            new("until", FieldType.Duration, "Strikes only earlier than this after the site's first use."),
            new("duration", FieldType.Duration, "How long `Slow` and `Hang` last. Default for `Hang`: until cancelled."),
            new("error", FieldType.Of(Error), "The error of `Refuse`.") { Default = Value.Text(nameof(PlatformErrorKind.Refused)) },
            new("message", FieldType.Text, "The error's text."),
        ]);

    internal static ObjectType Guest { get; } = new(
        "SimulatorGuest",
        "How the system inside a simulated VM behaves. It travels with the VM.",
        [
            new("boot", FieldType.Duration, "From power on until its agent answers and it writes.") { Default = Value.Text("2s") },
            new("shutdown", FieldType.Duration, "From the request until it is off.") { Default = Value.Text("1s") },
            new("agent", FieldType.Bool, "Whether it has a guest agent.") { Default = Value.Bool(true) },
            new("ignoresShutdown", FieldType.Bool, "It does nothing when asked to shut down.") { Default = Value.Bool(false) },
            new("neverBoots", FieldType.Bool, "It hangs early in boot.") { Default = Value.Bool(false) },
            new("recordsPerSecond", FieldType.Number, "Records of its journal, each acknowledged to a client, so that lost writes can be counted.") { Default = Value.Number(1) },
            new("writeRate", FieldType.Rate, "Other data that it overwrites on each disk.") { Default = Value.Text("256 KiB/s") },
            new("workingSet", FieldType.Size, "How much of each disk that data is spread over.") { Default = Value.Text("1MiB") },
            new("os", FieldType.Text, "What it says it is.") { Default = Value.Text("debian12") },
        ]);

    internal static ObjectType Host { get; } = new(
        "SimulatorHost",
        "A simulated host.",
        [
            new("name", FieldType.Text, "Its name.") { Required = true },
            new("cpus", FieldType.Integer, "Its CPUs.") { Default = Value.Number(64) },
            new("memory", FieldType.Size, "Its memory.") { Default = Value.Text("512GiB") },
            new("cpuModel", FieldType.Text, "Its CPU's model.") { Default = Value.Text("Cascadelake-Server") },
            new("architecture", FieldType.Text, "`x86_64`, `aarch64`, ...") { Default = Value.Text("x86_64") },
        ]);

    internal static ObjectType Pool { get; } = new(
        "SimulatorPool",
        "A simulated storage pool.",
        [
            new("name", FieldType.Text, "Its name.") { Required = true },
            new("capacity", FieldType.Size, "Its size. Disks take only what is written to them.") { Default = Value.Text("100TiB") },
        ]);

    internal static ObjectType Machine { get; } = new(
        "SimulatorVm",
        "A simulated VM, described.",
        [
            new("name", FieldType.Text, "Its name.") { Required = true },
            new("uuid", FieldType.Text, "Its UUID. Default: made from the site's name and seed."),
            new("cpus", FieldType.Integer, "Its CPUs.") { Default = Value.Number(2) },
            new("memory", FieldType.Size, "Its memory.") { Default = Value.Text("2GiB") },
            new("firmware", FieldType.Of(Firmware), "How it boots.") { Default = Value.Text("Bios") },
            new("secureBoot", FieldType.Bool, "Whether it boots only what is signed.") { Default = Value.Bool(false) },
            new("tpm", FieldType.Bool, "Whether it has a TPM.") { Default = Value.Bool(false) },
            new("architecture", FieldType.Text, "`x86_64`, `aarch64`, ...") { Default = Value.Text("x86_64") },
            new("running", FieldType.Bool, "Whether it runs at first.") { Default = Value.Bool(true) },
            new("autostart", FieldType.Bool, "Whether it starts with its host.") { Default = Value.Bool(false) },
            new("host", FieldType.Text, "The host it is on."),
            new("pool", FieldType.Text, "The pool that its disks are in."),
            new("disks", FieldType.ListOf(FieldType.Size), "The sizes of its disks, which are named `vda`, `vdb`, ... Default: one of 20GiB."),
            new("networks", FieldType.ListOf(FieldType.Text), "The network of each NIC. Default: one NIC in the site's first network."),
            new("snapshots", FieldType.Integer, "How many snapshots it has.") { Default = Value.Number(0) },
            new("specialDevices", FieldType.ListOf(FieldType.Text), "Kinds of devices that tie it to its host: `hostdev-pci`, `hostdev-usb`, `filesystem`, `shmem`, ..."),
            new("encryptedDisks", FieldType.Bool, "Whether its disks are encrypted.") { Default = Value.Bool(false) },
            new("macs", FieldType.ListOf(FieldType.Text), "The hardware addresses of its NICs. Default: made up."),
            new("facts", FieldType.MapOf(FieldType.Text), "Further facts that preview's checks judge, as docs/checks/facts.md names them: `\"vm.ha\": \"true\"`; `\"disk.rdm@vda\"` is about one disk."),
            new("guest", FieldType.Of(Guest), "How its guest behaves. Default: the site's `guest`."),
        ]);

    internal static ObjectType Site { get; } = new(
        "SimulatorSite",
        "A site that exists only as numbers: to rehearse migrations, in CI too, with no hypervisor. The same block always makes the same site. "
        + "Disks of any size cost nothing until they are written.",
        [
            new("state", FieldType.Text, "A folder that keeps the world between runs and is shared by all sites that name it. Needed wherever preview and up are two processes. Remove it to begin anew. Only its `calls.jsonl` and `events.jsonl` tell what was done; everything else in it is ours."),
            new("world", FieldType.Text, "Without `state`: the name of a world in memory, shared by the sites of one process that name it.") { Default = Value.Text("default") },
            new("seed", FieldType.Integer, "Another seed makes other VMs, contents and chances.") { Default = Value.Number(1) },
            new("vms", FieldType.Integer, "How many VMs to make up, named `web-001`, `db-002`, ...") { Default = Value.Number(0) },
            new("oddities", FieldType.Number, "Share (0 to 1) of the made-up VMs that have something for preflight to find: a snapshot, a passthrough device, a TPM, UEFI, an encrypted disk, another architecture.") { Default = Value.Number(0) },
            new("diskSize", FieldType.Size, "The first disk's size of made-up VMs. Default: from 10GiB to 100GiB."),
            new("diskData", FieldType.Size, "How much of each disk holds data at first, which is what a migration has to copy. Default: from 1MiB to 8MiB."),
            new("machines", FieldType.ListOf(FieldType.Of(Machine)), "VMs that are described one by one."),
            new("hosts", FieldType.ListOf(FieldType.Of(Host)), "Default: as many as the VMs need, `NAME-host1` and so on."),
            new("pools", FieldType.ListOf(FieldType.Of(Pool)), "Default: `fast` with 100TiB and `bulk` with 400TiB."),
            new("networks", FieldType.ListOf(FieldType.Text), "Default: `default` and `backend`."),
            new("guest", FieldType.Of(Guest), "How the guests behave."),
            new("plays", FieldType.Text, "The platform whose rules preview's checks apply: `libvirt`, `vsphere`, `aws`, `azure`, `gcp`, `hyperv`, `kubevirt`, ...") { Default = Value.Text("libvirt") },
            new("facts", FieldType.MapOf(FieldType.Text), "Further facts of the site, its hosts, pools and networks, as docs/checks/facts.md names them: `\"host.cpuAverage\": \"40\"`; `\"pool.media@fast\"` is about one of them."),
            new("latency", FieldType.Duration, "How long each call takes.") { Default = Value.Text("0s") },
            new("bandwidth", FieldType.Rate, "What all disks of the site together read and write. Default: no limit."),
            new("faults", FieldType.ListOf(FieldType.Of(Fault)), "What goes wrong on purpose. Of several that match one call, the first strikes."),
        ]);
}
