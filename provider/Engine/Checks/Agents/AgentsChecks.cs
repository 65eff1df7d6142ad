using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Agents;

/// <summary>Agents and tools.</summary>
internal static class AgentsChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("tools.source.installed", Warns, "CWL", "the guest tools do not run", Guest.GuestOs.ToolsRule)
        {
            Core = true,
            Pairs = "VS HV KV > any",
            Why = "Clean shutdown, addresses and quiescing come from them.",
            Fix = "Install and start them.",
            Source = "FV, FL, HCX2",
            At = "vm",
        },
        new("tools.source.installing", Stops, "L", "an installer of guest tools is in the drive", Is(GuestFact.InstallerMounted))
        {
            Pairs = "VS > any",
            Why = "vMotion refuses that.",
            Fix = "Finish it first.",
            Source = "SVM",
            At = "vm",
        },
        new("tools.source.removal", Warns, "CW", "guest tools cannot be removed elsewhere", Is(GuestFact.ToolsStay).When(Windows))
        {
            Pairs = "VS > KV KU AZ GC",
            Why = "Their uninstaller works on VMware only.",
            Fix = "Remove them before the last copy, or use a cleaner.",
            Source = "V2V, GCA",
            At = "vm",
        },
        new("tools.target.agent", Warns, "CW", "the target's agent is not in the guest", Not(GuestFact.TargetAgent))
        {
            Why = "The target cannot shut it down cleanly or see its addresses.",
            Fix = "Install it before or after the move.",
            Source = "AZV, GCA, MGN",
            At = "vm",
        },
        new("tools.replication-agent.ram", Stops, "W", "the replication agent has too little memory", Under(GuestFact.FreeMemory, PolicyKeys.AgentMemory))
        {
            Pairs = "any > AW",
            Why = "It does not start.",
            Fix = "Free memory in the guest.",
            Source = "MGN",
            At = "vm",
        },
        new("tools.replication-agent.conflict", Warns, "W", "another agent hooks into the disks", Has(GuestFact.BlockFilters))
        {
            Pairs = "any > AW AZ VS",
            Why = "Both would track changes.",
            Fix = "Pause it.",
            Source = "J",
            At = "vm",
        },
        new("tools.edr", Warns, "CW", "security products watch the guest", Has(GuestFact.Edr))
        {
            Why = "They may block drivers, or take the move for an attack.",
            Fix = "Put them in maintenance mode.",
            Source = "V2V, OSAM, GCI",
            At = "vm",
        },
        new("tools.cfgmgmt", Tells, "CW", "configuration agents may undo adaptations", Has(GuestFact.ConfigAgents))
        {
            Why = "They restore what they know.",
            Fix = "Pause them during the cutover.",
            Source = "J",
            At = "vm",
        },
        new("tools.monitoring", Tells, "CWL", "monitoring goes by name or address", Has(GuestFact.Monitoring))
        {
            Why = "It may count the VM twice, or not at all.",
            Fix = "Register it again after the move.",
            Source = "J",
            At = "vm",
        },
        new("tools.remote-access", Stops, "CW", "no remote access to the guest", Not(GuestFact.RemoteAccess))
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "After the cutover there is no way in.",
            Fix = "Enable RDP or SSH in all profiles of its firewall.",
            Source = "AZV, AZP",
            At = "vm",
        },
        new("tools.remote-routes", Warns, "CW", "the guest has persistent routes", Has(GuestFact.PersistentRoutes).When(Windows))
        {
            Pairs = "any > cloud",
            Why = "They point to gateways that are not there.",
            Fix = "Remove them.",
            Source = "AZP",
            At = "vm",
        },
    ];
}
