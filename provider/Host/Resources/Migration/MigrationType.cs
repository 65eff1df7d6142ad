using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>The resource model of <c>Migration</c>, written once: schema.json, the SDKs and the Terraform schema are derived from it.</summary>
internal static class MigrationType
{
    internal static EnumType Mode { get; } = new(
        "MigrationMode",
        "How the VM moves.",
        [
            new("Cold", "The VM is off while its disks are copied."),
            new("Warm", "The disks are copied while the VM runs; it is off for the last changes and its start at the target."),
            new("Live", "The VM moves with its memory and is not started anew: it pauses for a moment. Both sites must be of one hypervisor family. vSphere moves the VM itself, also inside one vCenter: `vm.site` and `target.site` may then be one."),
        ]);

    internal static EnumType Goal { get; } = new(
        "MigrationGoal",
        "How far the migration is to go. Lowering it before `Committed` rolls back.",
        [
            new("Validated", "Preflight passed; nothing exists at the target."),
            new("Replicated", "The target's disks hold a consistent copy; the VM runs at the source."),
            new("Tested", "As Replicated, and a throw-away clone of the copied disks has booted at the target, linked to no network, and passed the gates that need none. It is gone again; the VM runs at the source all the time."),
            new("CutOver", "The VM runs at the target and has been seen alive; the source is kept, off and fenced."),
            new("Committed", "The way back is gone: the source is removed or kept aside as declared."),
        ]);

    internal static EnumType DigestAlgorithm { get; } = new(
        "DigestAlgorithm",
        "How the disks of both sides are compared.",
        [
            new("XxHash128", "Fast; finds every accidental change."),
            new("Sha256", "Slower; also stands against deliberate changes."),
        ]);

    internal static EnumType RollbackChanges { get; } = new(
        "RollbackChanges",
        "What becomes of the data that the VM wrote at the target after cutover.",
        [
            new("BringBack", "It is copied back to the source before the VM starts there."),
            new("Discard", "It is lost: the VM starts at the source as it was at cutover."),
        ]);

    internal static EnumType SourceAfterCommit { get; } = new(
        "SourceAfterCommit",
        "What becomes of the source VM when the migration is committed.",
        [
            new("Remove", "The VM's definition and its disks are deleted."),
            new("Archive", "It is put away: off, renamed to `<name>-archived-<day>`, unable to start by mistake and without our stamp; its disks are kept. For platforms that can; preview says where one cannot."),
            new("Keep", "It stays, off and fenced under its stamp, for somebody to delete by hand."),
        ]);

    internal static EnumType DriftResponse { get; } = new(
        "DriftResponse",
        "What to do about a moved VM that somebody's hand has changed. Two running copies are an alarm whatever is declared.",
        [
            new("Return", "The next run puts it back, as far as it can; preview shows what that costs."),
            new("Adopt", "The next run takes it over as the new truth, in the engine's state alone: the VM is not touched."),
            new("Ignore", "It is told, and nothing is done about it."),
        ]);

    internal static ObjectType VmReference { get; } = new(
        "VmReference",
        "Which VM moves. Changing it is another migration.",
        [
            new("site", FieldType.Text, "Name of the site in the provider's config where the VM is before the move.") { Required = true },
            new("name", FieldType.Text, "The VM's name at its site."),
            new("id", FieldType.Text, "The VM's id at its site (libvirt: its UUID), where the name is not unique."),
        ])
    {
        ExactlyOne = [["name", "id"]],
    };

    internal static ObjectType Target { get; } = new(
        "Target",
        "Where the VM should run.",
        [
            new("site", FieldType.Text, "Name of the site in the provider's config.") { Required = true },
            new("host", FieldType.Text, "The host at the target site. Default: the site's only host, or the fullest that still has room for the VM, counting all migrations of the run."),
            new("storagePool", FieldType.Text, "The storage pool for the disks. Default: the site's only active pool, or the one of the right class with most free space after all migrations of the run."),
            new("networks", FieldType.MapOf(FieldType.Text), "From each network of the source to one of the target. A network of the same name at the target needs no entry."),
            new("name", FieldType.Text, "The VM's name at the target. Default: its name at the source."),
            .. PlatformTable.TargetFields,
        ]);

    internal static ObjectType Shutdown { get; } = new(
        "Shutdown",
        "How the guest is stopped before its disks are copied for the last time.",
        [
            new("timeout", FieldType.Duration, "How long a clean shutdown (guest agent, then ACPI power button) may take.") { Default = Value.Text("2m") },
            new("force", FieldType.Bool, "Whether the VM may be switched off when the timeout is over. Without it the migration stops there and the VM runs on.") { Default = Value.Bool(false) },
            new("forDrift", FieldType.Bool, "Whether a run with `onDrift: Return` may shut the moved VM down and start it again, within `cutover.window` where one is declared, to put back what its platform changes only while it is off. Without it that is told, and put back by a run that finds the VM off.") { Default = Value.Bool(false) },
        ]);

    internal static EnumType NoConvergence { get; } = new(
        "NoConvergence",
        "What to do with a guest that writes faster than its changes can be sent.",
        [
            new("Fail", "The run stops and says both rates; the VM runs on at the source and what was copied is kept."),
            new("CutOverAnyway", "The cutover takes as long as it takes."),
            new("PostCopy", "Live: the guest changes sides before all its memory has come, and the rest follows (post-copy). That always converges; but if the link or a host fails until the rest is there, the memory is lost at both, and the VM has to start from the target's disks. Preview warns of it."),
            new("SlowGuest", "Live: the hypervisor gives the guest less processor time until it converges. Warm: its writes are held back until the cutover, and as before if that does not come about."),
        ]);

    internal static EnumType CutoverStop { get; } = new(
        "CutoverStop",
        "How the running VM is brought to a stop at its cutover.",
        [
            new("Shutdown", "The guest shuts down, as `shutdown` says, and so do its applications."),
            new("FreezeAndSwitchOff", "The guest's agent freezes its file systems, which writes them out, and the VM is switched off at that moment: its applications see a loss of power, and the time of a shutdown is saved. Needs a guest agent that answers."),
        ]);

    internal static ObjectType Cutover { get; } = new(
        "Cutover",
        "How the VM changes sides.",
        [
            new("maxDowntime", FieldType.Duration, "Warm: rounds of changes go on until stopping the VM, sending the rest and starting it fit in. Live: how long the VM may be paused at the switch.") { Default = Value.Text("60s") },
            new("onNoConvergence", FieldType.Of(NoConvergence), "What to do with a guest that writes faster than its changes can be sent.") { Default = Value.Text("Fail") },
            new("window", FieldType.Text, "When the running VM may be taken down or moved, such as `Sat 02:00-04:00 Europe/Berlin`, `22:00-04:00` (UTC) or `Mon-Fri 22:00-23:30, Sun 00:00-06:00 Europe/Berlin`. The run waits for it; a warm copy is kept fresh meanwhile. Default: at any time."),
            new("stop", FieldType.Of(CutoverStop), "How the VM is brought to a stop, in modes Cold and Warm.") { Default = Value.Text("Shutdown") },
            new("quiesce", FieldType.Bool, "Whether the guest's agent freezes its file systems for the moment of each checkpoint. They are thawed whatever happens.") { Default = Value.Bool(true) },
            new("maxRounds", FieldType.Integer, "After so many rounds no more are tried.") { Default = Value.Number(20) },
        ]);

    internal static ObjectType TcpProbe { get; } = new(
        "TcpProbe",
        "The guest accepts a TCP connection.",
        [
            new("port", FieldType.Integer, "The port.") { Required = true },
            new("host", FieldType.Text, "Name or address to connect to. Default: the guest's first address as its agent tells it."),
        ]);

    internal static ObjectType ConsoleProbe { get; } = new(
        "ConsoleProbe",
        "The guest's serial console shows a text after the start at the target.",
        [
            new("contains", FieldType.Text, "The text to wait for.") { Required = true },
        ]);

    internal static ObjectType GuestAgentProbe { get; } = new(
        "GuestAgentProbe",
        "The guest's agent answers a ping.",
        []);

    internal static ObjectType HttpProbe { get; } = new(
        "HttpProbe",
        "The guest answers an HTTP GET.",
        [
            new("url", FieldType.Text, "Where to ask, from the machine where the provider runs. `{guest}` stands for the guest's first address as its agent tells it.") { Required = true },
            new("status", FieldType.Integer, "The status code that counts. Redirects are not followed.") { Default = Value.Number(200) },
            new("contains", FieldType.Text, "A text that the answer's body has to contain."),
            new("maxLatency", FieldType.Duration, "How long the whole answer may take."),
            new("verifyCertificate", FieldType.Bool, "Whether a TLS certificate that does not fit the host fails the probe.") { Default = Value.Bool(true) },
        ]);

    internal static ObjectType SshProbe { get; } = new(
        "SshProbe",
        "A command in the guest succeeds, over the SSH client of the machine where the provider runs.",
        [
            new("command", FieldType.Text, "The command. Exit code 0 counts.") { Required = true },
            new("user", FieldType.Text, "The account in the guest.") { Required = true },
            new("host", FieldType.Text, "Name or address. Default: the guest's first address as its agent tells it."),
            new("port", FieldType.Integer, "The port.") { Default = Value.Number(22) },
            new("contains", FieldType.Text, "A text that the command has to print."),
            new("keyFile", FieldType.Text, "A private key's file on the machine where the provider runs. Default: the keys that the SSH client finds by itself."),
            new("key", FieldType.Text, "The name of a private key in the provider's `sshKeys`, instead of a file."),
            new("hostKey", FieldType.Text, "The guest's public host key, such as `ssh-ed25519 AAAA…`. Default: as the SSH client's `known_hosts` has it; where it has none, any key is trusted for that login, nothing is remembered, and preview says so."),
        ]);

    internal static ObjectType DataDisk { get; } = new(
        "DataDisk",
        "A disk that a replatformed VM keeps.",
        [
            new("disk", FieldType.Text, "The disk's name at the source, such as `vdb`.") { Required = true },
            new("device", FieldType.Text, "The device name at the new VM, such as `/dev/sdf`. An NVMe guest finds it by `nvme id-ctrl` or its image's udev rules; mounting by UUID or label needs neither.") { Required = true },
        ]);

    internal static ObjectType Hook { get; } = new(
        "Hook",
        "A command in the new VM, read by a shell over SSH, so that no list of processes shows it. Never printed.",
        [
            .. SshProbe.Fields.Where(field => field.Name is not "contains").Select(field => field.Name == "command" ? field with { Description = "The command or script, for `sh`. It has to end with 0, and to bear being run again: a run that was killed in it repeats it." } : field),
            new("timeout", FieldType.Duration, "How long the login may take from the start of the VM, and then the command.") { Default = Value.Text("5m") },
        ]);

    internal static ObjectType Replatform { get; } = new(
        "Replatform",
        "A new VM of an image takes over the VM's data disks; its operating system stays behind.",
        [
            new("image", FieldType.Text, "The image at the target, such as `ami-0abc…`. Its architecture decides the new VM's.") { Required = true },
            new("dataDisks", FieldType.ListOf(FieldType.Of(DataDisk)), "The disks that are copied block by block and attached to the new VM. All others stay behind.") { Required = true },
            new("hooks", FieldType.ListOf(FieldType.Of(Hook)), "Commands in the new VM, in this order, after its start and before the gates of `verify`. One that fails or takes too long rolls the move back."),
        ]);

    internal static ObjectType Probe { get; } = new(
        "Probe",
        "One way to see that the guest is alive at the target. Exactly one kind each.",
        [
            new("guestAgent", FieldType.Of(GuestAgentProbe), "The guest's agent answers a ping."),
            new("tcp", FieldType.Of(TcpProbe), "The guest accepts a TCP connection."),
            new("console", FieldType.Of(ConsoleProbe), "The guest's serial console shows a text."),
            new("http", FieldType.Of(HttpProbe), "The guest answers an HTTP GET."),
            new("ssh", FieldType.Of(SshProbe), "A command in the guest succeeds over SSH."),
            new("timeout", FieldType.Duration, "How long it may take from the start of the VM.") { Default = Value.Text("5m") },
            new("interval", FieldType.Duration, "How long to wait between tries.") { Default = Value.Text("1s") },
            new("successes", FieldType.Integer, "How often in a row it has to pass.") { Default = Value.Number(1) },
            new("failures", FieldType.Integer, "After how many failures in a row it is given up before the timeout. 0: only the timeout counts.") { Default = Value.Number(0) },
        ])
    {
        ExactlyOne = [["guestAgent", "tcp", "console", "http", "ssh"]],
    };

    internal static EnumType GuestInspection { get; } = new(
        "GuestInspection",
        "Whether the copied disks are looked into before the guest starts from them.",
        [new("Off", "They are not."), new("WhenPossible", "Where it cannot be done, the move goes on with what is declared in `facts`."), new("Required", "Where it cannot be done, the move stops and the source runs on.")]);

    internal static ObjectType Verify { get; } = new(
        "Verify",
        "What counts as proof that the move worked.",
        [
            new("digest", FieldType.Of(DigestAlgorithm), "How the disks of both sides are compared.") { Default = Value.Text("XxHash128") },
            new("inspectGuest", FieldType.Of(GuestInspection), "Whether the copied disks are looked into with libguestfs (`guestfish`, where it is installed on the provider's machine) before the guest starts from them: drivers, fstab, kernel command line, network, console. Mode Warm does it while the VM runs.") { Default = Value.Text("Off") },
            new("probes", FieldType.ListOf(FieldType.Of(Probe)), "All of these must pass at the target. Default: the guest agent answers."),
        ]);

    internal static EnumType Conversion { get; } = new(
        "Conversion",
        "Whether the guest is fitted to its new platform before it first starts there, by a tool of the provider's machine that changes the copied disks.",
        [
            new("Never", "It starts with what it has; preview warns where that may not do."),
            new("Auto", "Where its devices change and the tool is installed; preview warns where it is absent."),
            new("Required", "Always; without the tool, preview stops."),
        ]);

    internal static ObjectType Rollback { get; } = new(
        "Rollback",
        "What a way back does.",
        [
            new("changes", FieldType.Of(RollbackChanges), "What becomes of data written at the target after cutover.") { Default = Value.Text("BringBack") },
            new("keep", FieldType.Integer, "How many recovery points of the copy are kept at the target; each run with goal `Replicated` or `Tested` makes one, and the oldest of ours beyond this are removed. 0 keeps none. libvirt (qcow2) and the simulator keep them; elsewhere preview says that none are kept.") { Default = Value.Number(5) },
            new("to", FieldType.Text, "The recovery point to go back to, by its `id` in `recoveryPoints`, or any moment (RFC 3339): the latest point that is not after it. A VM that comes home starts there as it was then; with goal `CutOver` it runs at the target as it was then. It takes the place of `changes`, is done once, and preview says what is lost."),
        ]);

    internal static ObjectType Commit { get; } = new(
        "Commit",
        "What `goal: Committed` does to the source.",
        [
            new("source", FieldType.Of(SourceAfterCommit), "What becomes of the source VM.") { Default = Value.Text("Remove") },
        ]);

    internal static ObjectType Waiver { get; } = new(
        "Waiver",
        "Somebody takes the risk of a finding. It is still shown, with who, why and until when.",
        [
            new("code", FieldType.Text, "The check's id, such as `disk.shared`.") { Required = true },
            new("subject", FieldType.Text, "Only what is about this, such as `vda`. Default: all that the check finds."),
            new("reason", FieldType.Text, "Why the risk is taken, in at least 10 characters.") { Required = true },
            new("until", FieldType.Text, "The last day on which it holds: `2026-12-31` (UTC).") { Required = true },
            new("by", FieldType.Text, "Who takes the risk. Default: whoever declares the migration."),
        ]);

    internal static ObjectType Timeouts { get; } = new(
        "Timeouts",
        "How long a whole run may take before it stops at a safe point.",
        [
            new("create", FieldType.Duration, "For the first run."),
            new("update", FieldType.Duration, "For later runs."),
            new("delete", FieldType.Duration, "For the way back at destroy."),
        ]);

    internal static ObjectType Placement { get; } = new(
        "Placement",
        "Where the VM really runs now.",
        [
            new("site", FieldType.Text, "Name of the site.") { AlwaysSet = true },
            new("host", FieldType.Text, "The host at the site."),
            new("vmId", FieldType.Text, "The VM's id at the site.") { AlwaysSet = true },
            new("name", FieldType.Text, "The VM's name at the site.") { AlwaysSet = true },
            new("powerState", FieldType.Text, "`Running`, `Off`, `Paused` or `Other`.") { AlwaysSet = true },
            new("addresses", FieldType.ListOf(FieldType.Text), "The guest's IP addresses, where its agent tells them.") { AlwaysSet = true },
        ]);

    internal static ObjectType StepDone { get; } = new(
        "StepRecord",
        "A step that has been done.",
        [
            new("name", FieldType.Text, "The step's name, as preview lists it.") { AlwaysSet = true },
            new("detail", FieldType.Text, "What it did.") { AlwaysSet = true },
            new("startedAt", FieldType.Text, "UTC, RFC 3339."),
            new("seconds", FieldType.Number, "How long it took."),
        ]);

    internal static ObjectType DiskProof { get; } = new(
        "DiskProof",
        "One disk's digests at the cutover.",
        [
            new("disk", FieldType.Text, "The disk's name, such as `vda`.") { AlwaysSet = true },
            new("bytes", FieldType.Number, "The disk's length in bytes.") { AlwaysSet = true },
            new("sourceDigest", FieldType.Text, "Over what was read at the source.") { AlwaysSet = true },
            new("targetDigest", FieldType.Text, "Over what was read back at the target.") { AlwaysSet = true },
        ]);

    internal static ObjectType Proof { get; } = new(
        "Proof",
        "What shows that the move worked.",
        [
            new("identical", FieldType.Bool, "Whether every disk's digests are equal.") { AlwaysSet = true },
            new("disks", FieldType.ListOf(FieldType.Of(DiskProof)), "The disks.") { AlwaysSet = true },
            new("guest", FieldType.Text, "How the guest's start was seen, and how long it took."),
            new("at", FieldType.Text, "When the disks were compared: UTC, RFC 3339."),
        ]);

    internal static ObjectType TestBoot { get; } = new(
        "TestBoot",
        "A boot of a throw-away clone of the copied disks.",
        [
            new("at", FieldType.Text, "When it was passed: UTC, RFC 3339.") { AlwaysSet = true },
            new("replicatedAt", FieldType.Text, "Which replica was tested: when it was made, UTC, RFC 3339.") { AlwaysSet = true },
            new("guest", FieldType.Text, "How the clone's guest was seen, gate by gate.") { AlwaysSet = true },
            new("current", FieldType.Bool, "Whether the replica that is there now is the one that was tested.") { AlwaysSet = true },
            new("disks", FieldType.ListOf(FieldType.Of(DiskProof)), "The digests of the replica that was tested, on both sides."),
        ]);

    internal static ObjectType RecoveryPoint { get; } = new(
        "RecoveryPoint",
        "A moment of the copied disks that the target keeps.",
        [
            new("id", FieldType.Text, "The moment, which names it in `rollback.to`: UTC, RFC 3339.") { AlwaysSet = true },
            new("site", FieldType.Text, "Where it is kept.") { AlwaysSet = true },
            new("bytes", FieldType.Number, "What was sent for it, so what it may take beside the one before."),
        ]);

    internal static ObjectType Range { get; } = new(
        "EstimateRange",
        "Eight of ten runs are expected to end between the two.",
        [
            new("low", FieldType.Number, "Nine of ten take at least so long, in seconds.") { AlwaysSet = true },
            new("high", FieldType.Number, "Nine of ten take at most so long, in seconds.") { AlwaysSet = true },
        ]);

    internal static ObjectType DiskEstimate { get; } = new(
        "DiskEstimate",
        "What a run copies of one disk.",
        [
            new("disk", FieldType.Text, "The disk's name, such as `vda`.") { AlwaysSet = true },
            new("bytes", FieldType.Number, "What is allocated, and so copied.") { AlwaysSet = true },
            new("lengthBytes", FieldType.Number, "What the guest sees.") { AlwaysSet = true },
        ]);

    private static ObjectType Waived { get; } = new(
        "WaivedFinding",
        "What a waiver did to a finding.",
        [
            new("severity", FieldType.Text, "What the finding was before: `error` or `warning`.") { AlwaysSet = true },
            new("reason", FieldType.Text, "Why the risk is taken.") { AlwaysSet = true },
            new("until", FieldType.Text, "The last day on which the waiver holds.") { AlwaysSet = true },
            new("by", FieldType.Text, "Who takes the risk."),
        ]);

    internal static ObjectType Finding { get; } = new(
        "Finding",
        "Something that preflight found.",
        [
            new("id", FieldType.Text, "The check's id, stable for ever.") { AlwaysSet = true },
            new("severity", FieldType.Text, "`error` (the run does not begin), `warning` or `note`.") { AlwaysSet = true },
            new("path", FieldType.Text, "The input that can be changed about it, such as `target.storagePool`."),
            new("subject", FieldType.Text, "What it is about where that is not the input, such as a disk's name."),
            new("message", FieldType.Text, "What was found, what is needed, why, and what to do.") { AlwaysSet = true },
            new("waivable", FieldType.Bool, "False for what nobody can take the risk of.") { AlwaysSet = true },
            new("origin", FieldType.Text, "Who says so where it is the platform's own verdict."),
            new("fix", FieldType.Text, "What to do about it, where it stands alone; it is a part of the message already."),
            new("waived", FieldType.Of(Waived), "Who takes the risk; the severity is then `note`."),
        ]);

    internal static ObjectType Estimate { get; } = new(
        "Estimate",
        "What the next run is expected to take.",
        [
            new("bytes", FieldType.Number, "Bytes to copy (allocated, not virtual).") { AlwaysSet = true },
            new("seconds", FieldType.Number, "Duration of the run.") { AlwaysSet = true },
            new("secondsRange", FieldType.Of(Range), "How far that may be off."),
            new("downtimeSeconds", FieldType.Number, "How long the VM will be down.") { AlwaysSet = true },
            new("downtimeSecondsRange", FieldType.Of(Range), "How far that may be off."),
            new("disks", FieldType.ListOf(FieldType.Of(DiskEstimate)), "What is copied of each disk."),
            new("bytesPerSecond", FieldType.Number, "The rate it rests on.") { AlwaysSet = true },
            new("basis", FieldType.Text, "Where the rate comes from: `recorded` runs between the two sites, what was `declared`, what was `measured by a probe` of the link (about two seconds, at preview), or what is `assumed` while nothing is known.") { AlwaysSet = true },
            new("steps", FieldType.ListOf(FieldType.Text), "What the run will do, in order.") { AlwaysSet = true },
        ]);

    internal static ObjectType Recorded { get; } = new(
        "RecordedVm",
        "A moved VM as a run left it.",
        [
            new("site", FieldType.Text, "Where it lived.") { AlwaysSet = true },
            new("declared", FieldType.Text, "The target's site that was declared then; another one where a move by hand was adopted.") { AlwaysSet = true },
            new("accepted", FieldType.Text, "When it was accepted there: a hand that moves a VM leaves this, a run writes another."),
            new("running", FieldType.Bool, "Whether it had to run.") { AlwaysSet = true },
            new("cpus", FieldType.Integer, "vCPUs."),
            new("memoryBytes", FieldType.Number, "Memory."),
            new("nics", FieldType.MapOf(FieldType.Text), "From hardware address to network.") { AlwaysSet = true },
            new("disks", FieldType.MapOf(FieldType.Number), "From a disk's name to its length in bytes.") { AlwaysSet = true },
        ]);

    internal static ObjectType DriftItem { get; } = new(
        "DriftItem",
        "One difference between what a run left and what is there.",
        [
            new("kind", FieldType.Text, "`TwoRunning`, `SourceTouched`, `Stopped`, `Deleted`, `Undefined`, `Moved`, `Host`, `Pool`, `Name`, `Cpus`, `Memory`, `Nics` or `Disks`.") { AlwaysSet = true },
            new("what", FieldType.Text, "What was found.") { AlwaysSet = true },
            new("next", FieldType.Text, "What the next run does about it, as declared.") { AlwaysSet = true },
            new("returns", FieldType.Bool, "Whether `onDrift: Return` puts it back.") { AlwaysSet = true },
            new("adopts", FieldType.Bool, "Whether `onDrift: Adopt` takes it over.") { AlwaysSet = true },
        ]);

    internal static ResourceType Type { get; } = new(
        "Migration",
        "A virtual machine's declared place. The provider closes the difference to where the VM really is, proves that it did, and goes back when the goal is lowered or the declaration is removed before `Committed`.",
        [
            new("vm", FieldType.Of(VmReference), "Which VM moves.") { Required = true, Replaces = true },
            new("target", FieldType.Of(Target), "Where it should run.") { Required = true },
            new("mode", FieldType.Of(Mode), "How it moves.") { Default = Value.Text("Cold") },
            new("goal", FieldType.Of(Goal), "How far to go.") { Default = Value.Text("CutOver") },
            new("cutover", FieldType.Of(Cutover), "How the VM changes sides."),
            new("shutdown", FieldType.Of(Shutdown), "How the guest is stopped."),
            new("verify", FieldType.Of(Verify), "What counts as proof."),
            new("conversion", FieldType.Of(Conversion), "Whether the guest is converted: to KVM by `virt-v2v-in-place`, to vSphere by `virt-customize` (drivers in the initramfs). It needs `rollback.changes: Discard`, since what a converted guest writes cannot be brought back.") { Default = Value.Text("Never") },
            new("replatform", FieldType.Of(Replatform), "Not a move of the VM as it is but a new one with its data: x86 to Graviton, an old system to a new one. Only to `aws` sites. Preview says exactly what is carried and what is not."),
            new("rollback", FieldType.Of(Rollback), "What a way back does."),
            new("commit", FieldType.Of(Commit), "What `goal: Committed` does to the source."),
            new("onDrift", FieldType.Of(DriftResponse), "What to do about a moved VM that somebody's hand has changed.") { Default = Value.Text("Return") },
            new("timeouts", FieldType.Of(Timeouts), "Limits for whole runs."),
            new("facts", FieldType.MapOf(FieldType.Text), "What no API shows, for preview's checks: `link: \"1 Gbit/s, 3 ms\"`, `\"guest.bitlocker\": \"off\"`, ... docs/checks/facts.md lists the names."),
            PolicyType.Field("Thresholds of preview's checks for this migration."),
            new("waive", FieldType.ListOf(FieldType.Of(Waiver)), "Findings of preview whose risk somebody takes. What is impossible cannot be waived."),
        ],
        [
            new("phase", FieldType.Text, "How far the migration has come: `Validated`, `Replicating`, `Replicated`, `Tested`, `CuttingOver`, `CutOver`, `Committed` or `RollingBack`.") { AlwaysSet = true },
            new("migrationId", FieldType.Text, "The stamp that everything we create carries on its platform.") { AlwaysSet = true },
            new("placement", FieldType.Of(Placement), "Where the VM really runs now.") { AlwaysSet = true },
            new("steps", FieldType.ListOf(FieldType.Of(StepDone)), "Steps done, with times; at preview, the steps that will be done and the times they are expected to take.") { AlwaysSet = true },
            new("proof", FieldType.Of(Proof), "What shows that the move worked."),
            new("replicatedAt", FieldType.Text, "Mode Warm: when the checkpoint was made that the target's disks hold: UTC, RFC 3339. Each run with goal Replicated makes a further one."),
            new("test", FieldType.Of(TestBoot), "The last test boot that was passed."),
            new("recoveryPoints", FieldType.ListOf(FieldType.Of(RecoveryPoint)), "The recovery points that are kept, oldest first."),
            new("downtime", FieldType.Text, "How long the VM was down at the last cutover, such as `7.2s`."),
            new("transferred", FieldType.Number, "Bytes that were copied at the last run."),
            new("estimate", FieldType.Of(Estimate), "What the next run is expected to take; after a run, what that run was expected to take."),
            new("findings", FieldType.ListOf(FieldType.Of(Finding)), "What preflight found at the last run; at preview, what it finds now. Worst first.") { AlwaysSet = true },
            new("recorded", FieldType.Of(Recorded), "The moved VM as the last run left it or took it over: drift is measured against this. Empty before the cutover and after the commit."),
            new("drift", FieldType.ListOf(FieldType.Of(DriftItem)), "What somebody changed by hand since the last run.") { AlwaysSet = true },
        ]);
}
