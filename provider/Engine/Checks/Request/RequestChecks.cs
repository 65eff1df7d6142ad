using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>Plan, access and mapping.</summary>
internal static class RequestChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("access.source.auth", Impossible, "CWL", "the account lacks rights at the source", HasAtSource(SiteFact.MissingRights))
        {
            Core = true,
            Why = "Steps would be refused half-way.",
            Fix = "Grant the listed rights; the platform's page lists the least that is needed.",
            Source = "FV, FD, AZV, MIQ-19882",
            At = "vm.site",
        },
        new("access.target.auth", Impossible, "CWL", "the account lacks rights at the target", Has(SiteFact.MissingRights))
        {
            Core = true,
            Why = "Steps would be refused half-way.",
            Fix = "Grant the listed rights; the platform's page lists the least that is needed.",
            Source = "FV, AVP",
            At = "target.site",
        },
        new("access.site.reach", Impossible, "CWL", "a site cannot be read", Elsewhere("a site does not answer", "the preflight of every run, before there are facts"))
        {
            Why = "Nothing can be known without it.",
            Fix = "Bring the site up, or mend its address or credentials in the provider's config.",
            Source = "J",
            At = "vm.site",
        },
        new("access.source.version", Stops, "CWL", "the source's version is outside the tested range", IsAtSource(SiteFact.Untested))
        {
            Why = "Calls may behave differently.",
            Fix = "Upgrade it, or waive for a cold move.",
            Source = "FV, AZV",
            At = "vm.site",
        },
        new("access.target.version", Stops, "CWL", "the target's version is outside the tested range", Is(SiteFact.Untested))
        {
            Why = "Calls may behave differently.",
            Fix = "Upgrade it, or waive for a cold move.",
            Source = "FV",
            At = "target.site",
        },
        new("access.ports.data", Stops, "CWL", "ports that the data needs are closed", Has(SiteFact.ClosedPorts))
        {
            Core = true,
            Why = "No byte would arrive.",
            Fix = "Open them in the firewall or security group.",
            Source = "FD, HCX4, KVU, MGNN, AZV",
            At = "target.site",
        },
        new("access.ports.control", Stops, "CWL", "the target's API has a problem", Has(SiteFact.ControlProblem))
        {
            Why = "Calls would fail or trust the wrong machine.",
            Fix = "Add the certificate authority, or mend the clock.",
            Source = "FD, AZH, J",
            At = "target.site",
        },
        new("access.tool.disk-library", Stops, "CW", "the library that reads vSphere disks is missing", IsAtSource(SiteFact.DiskLibraryMissing))
        {
            Core = true,
            Pairs = "VS > any",
            Why = "Warm moves and vSAN need it.",
            Fix = "Install it and name its folder in the provider's config.",
            Source = "FV, FD",
            At = "vm.site",
        },
        new("access.mover.network", Stops, "CWL", "the mover has no route to both sides", Not(SiteFact.MoverRoute))
        {
            Why = "No byte would arrive.",
            Fix = "Choose another network for the transfer.",
            Source = "FV",
            At = "target.site",
        },
        new("request.mode.supported", Impossible, "CWL", "the platforms cannot do this mode", ModeNotSupported.Rule)
        {
            Core = true,
            Why = "The run would stop at the first call that a platform does not have.",
            Fix = "Choose a mode that both sides can do.",
            Source = "FV, FD",
            At = "mode",
        },
        new("request.powerstate", Impossible, "CWL", "the VM's power state does not fit the mode", PowerStateNotSupported.Rule)
        {
            Core = true,
            Why = "A paused or suspended guest loses its memory or cannot be shut down cleanly.",
            Fix = "Resume it or shut it down.",
            Source = "FV, V2V, FL, HVB",
            At = "vm",
        },
        new("request.vm.unique", Impossible, "CWL", "the VM is not exactly one", Elsewhere("no VM or several VMs answer to the reference", "the preflight of every run, before there are facts"))
        {
            Core = true,
            Why = "The wrong VM could be moved.",
            Fix = "Name it by its id.",
            Source = "FV",
            At = "vm.name",
        },
        new("request.vm.busy", Stops, "CWL", "a running job holds the VM", VmBusy.Rule)
        {
            Core = true,
            Why = "The platform would refuse the stop or the copy half-way.",
            Fix = "Wait for it to end, or cancel it.",
            Source = "LV, FV, MTV-456",
            At = "vm",
        },
        new("request.vm.transient", Impossible, "CWL", "the VM has no definition that outlives it", Is(VmFact.Transient))
        {
            Why = "It is gone for good when it is shut down, and with it the way back.",
            Fix = "Define it on its host (virsh define) first.",
            Source = "LV, J",
            At = "vm",
        },
        new("request.vm.held", Impossible, "CWL", "another migration holds the VM", HeldByOther.Rule)
        {
            Why = "Two declarations would pull the VM to two places.",
            Fix = "Take that declaration away or commit it first.",
            Source = "J",
            At = "vm",
        },
        new("request.target.same", Impossible, "CWL", "source and target are one place", SameSourceAndTarget.Rule)
        {
            Why = "The copy would collide with the VM itself.",
            Fix = "Name another site.",
            Source = "J",
            At = "target.site",
        },
        new("request.vm.inventory-status", Stops, "CWL", "the platform's inventory does not have the VM in order", NotIn(VmFact.InventoryStatus, "normal", "connected", "ok"))
        {
            Pairs = "VS KV HV KU > any",
            Why = "Calls about it may fail or hit something else.",
            Fix = "Repair its registration.",
            Source = "FL",
            At = "vm",
        },
        new("map.network.complete", Impossible, "CWL", "a card has no target network", FromPlacing("map.network.complete", "a card's network has no entry and no namesake at the target"))
        {
            Core = true,
            Why = "The VM would start without it.",
            Fix = "Add an entry to target.networks.",
            Source = "FV, HARV-6491, HARV-7432",
            At = "target.networks",
        },
        new("map.network.exists", Impossible, "CWL", "a mapped network is not there or not active", FromPlacing("map.network.exists", "a mapped network is missing or not active at the target"))
        {
            Core = true,
            Why = "The VM could not start there.",
            Fix = "Make or start the network, or name another.",
            Source = "FV, HARV-9190",
            At = "target.networks",
        },
        new("map.network.unused", Warns, "CWL", "an entry of target.networks does nothing", FromPlacing("map.network.unused", "no card is on that network"))
        {
            Why = "A misspelt name leaves a card unmapped.",
            Fix = "Take it away or correct its name.",
            Source = "J",
            At = "target.networks",
        },
        new("map.network.single-pod", Impossible, "CWL", "more than one card goes to the pod network", Own("more than one card is mapped to a network with `network.pod`", [NetworkFact.PodNetwork], PodNetwork.SinglePod))
        {
            Pairs = "any > KU",
            Why = "KubeVirt allows one.",
            Fix = "Map the others to secondary networks.",
            Source = "FV",
            At = "target.networks",
        },
        new("map.storage.complete", Impossible, "CWL", "the disks have no storage pool", FromPlacing("map.storage.complete", "the target has no active storage pool"))
        {
            Core = true,
            Why = "There is nowhere to write.",
            Fix = "Make or start a pool, or name one in target.storagePool.",
            Source = "FV",
            At = "target.storagePool",
        },
        new("map.storage.exists", Impossible, "CWL", "the storage pool is not there or not usable", FromPlacing("map.storage.exists", "the declared pool is missing or not active"))
        {
            Core = true,
            Why = "There is nowhere to write.",
            Fix = "Make or start the pool, or name another.",
            Source = "FV",
            At = "target.storagePool",
        },
        new("map.host.exists", Impossible, "CWL", "the declared host is not there", FromPlacing("map.host.exists", "the declared host is missing at the target"))
        {
            Why = "The VM could not be defined.",
            Fix = "Name one of the site's hosts, or leave target.host out.",
            Source = "J",
            At = "target.host",
        },
        new("map.storage.method-mixed", Stops, "CW", "the disks need different copy methods", IsAtSource(SiteFact.MixedMethods))
        {
            Pairs = "VS > KU KV",
            Why = "One run copies all disks by one method.",
            Fix = "Align the methods, or split the VM's disks over two runs.",
            Source = "FV",
            At = "vm",
        },
        new("facts.unknown", Tells, "CWL", "facts that checks need are unknown", Elsewhere("a fact that a check needs is unknown", "all checks together"))
        {
            Core = true,
            Why = "An unknown fact is not a pass.",
            Fix = "Start the VM and its guest agent, grant the right to read, or declare the fact under facts.",
            Source = "AZA, FL",
            At = "vm",
        },
        new("facts.stale", Tells, "CWL", "what is known about the target is old", Over(SiteFact.FactAge, PolicyKeys.FactAge))
        {
            Why = "It may have changed; a run looks again before it changes anything.",
            Fix = "Run the preview again.",
            Source = "FV, J",
        },
        new("facts.drift", Warns, "CWL", "what is there is not what was recorded", Elsewhere("the places or parts of the VM differ from the state", "drift detection, as findings `drift` and `drift.…`"))
        {
            Core = true,
            Why = "A review of an old preview says nothing about the present.",
            Fix = "Read the difference, then run the preview again.",
            Source = "J",
            At = "vm",
        },
        new("verify.agent", Stops, "CWL", "the guest agent does not answer", ProbeNotUsable.Agent)
        {
            Why = "It could not prove the start at the target either, so the cutover would be rolled back.",
            Fix = "Install and start the agent, or declare another probe.",
            Source = "J",
            At = "verify.probes",
        },
        new("verify.tcp", Stops, "CWL", "a TCP probe has no address", ProbeNotUsable.Tcp)
        {
            Why = "It would have nowhere to connect to, so the cutover would be rolled back.",
            Fix = "Set the probe's host.",
            Source = "J",
            At = "verify.probes",
        },
        new("verify.ssh", Warns, "CWL", "an SSH login trusts any host key", ProbeNotUsable.HostKey)
        {
            Why = "Another machine that answers at the address could prove the move, and reads the command or the hook's script.",
            Fix = "Set hostKey to the guest's public key (ssh-keyscan HOST, or /etc/ssh/ssh_host_ed25519_key.pub in the guest). For a new VM that makes its own key at its first start, waive this.",
            Source = "J",
            At = "verify.probes",
        },
        .. ReplatformChecks.All,
    ];
}
