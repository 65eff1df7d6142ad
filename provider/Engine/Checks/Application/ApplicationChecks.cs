using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Application;

/// <summary>Application consistency.</summary>
internal static class ApplicationChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("app.quiesce", Warns, "W", "the guest cannot be quiesced", AppRules.QuiesceRule)
        {
            Core = true,
            Why = "The copy is as after a power cut.",
            Fix = "Install the agent or hooks.",
            Source = "FD, HVB",
            At = "vm",
        },
        new("app.db.detected", Warns, "CW", "a database runs in the guest", Has(GuestFact.Database))
        {
            Core = true,
            Why = "Its last writes count.",
            Fix = "Make the last copy after it was stopped or flushed.",
            Source = "MP, J",
            At = "vm",
        },
        new("app.cluster", Stops, "CWL", "the VM is a member of an application cluster", Has(GuestFact.AppCluster))
        {
            Why = "The quorum may be lost during the move.",
            Fix = "Move one node at a time, after its role has left it; then waive this.",
            Source = "J",
            At = "vm",
        },
        new("app.dc", Warns, "CW", "a domain controller", AppRules.DcRule)
        {
            Core = true,
            Why = "A copy beside the original, or a return in time, splits the directory (USN rollback).",
            Fix = "Isolate test clones, and choose a target with VM-GenerationID.",
            Source = "DC, MGN",
            At = "vm",
        },
        new("app.distributed-writes", Warns, "CWL", "replicas of one database in the same wave", Has(PlanFact.Companions))
        {
            Why = "All would be down at once.",
            Fix = "Split the wave.",
            Source = "J",
        },
        new("app.licence-server", Warns, "CW", "the licence server is out of reach", Has(PlanFact.LicenceServer))
        {
            Why = "The application stops.",
            Fix = "Add a route.",
            Source = "J",
        },
        new("app.dependencies", Warns, "CWL", "connections would cross sites", Has(PlanFact.CrossFlows))
        {
            Why = "Each call takes the link's time.",
            Fix = "Move what belongs together at once.",
            Source = "J, AZA",
        },
        new("app.latency-budget", Warns, "CWL", "the application would be too slow", Over(PlanFact.LatencyAfter, PolicyKeys.P99))
        {
            Core = true,
            Why = "Users notice.",
            Fix = "Move its peers too, or choose another site.",
            Source = "B",
        },
        new("app.hardcoded-ip", Warns, "CW", "files hold the VM's address", Has(GuestFact.HardcodedIps))
        {
            Why = "They point to nowhere after a change.",
            Fix = "Use DNS names.",
            Source = "J",
            At = "vm",
        },
        new("app.timezone-locale", Tells, "CW", "jobs depend on the time zone", Has(GuestFact.Timezone))
        {
            Why = "They may run at another hour.",
            Fix = "Set it in the guest.",
            Source = "J",
            At = "vm",
        },
        new("app.hooks", Stops, "CWL", "hooks are not ready", Has(PlanFact.HooksNotReady))
        {
            Why = "The cutover would stop at them.",
            Fix = "Mend them.",
            Source = "FV",
            At = "facts",
        },
        new("app.health-probe", Warns, "CWL", "no probe judges the cutover", AppRules.ProbeRule)
        {
            Core = true,
            Why = "Nobody could say whether it succeeded.",
            Fix = "Declare verify.probes.",
            Source = "B",
            At = "verify.probes",
        },
        new("app.cron-double", Warns, "CW", "jobs start with the source's guest", Is(GuestFact.AutostartJobs))
        {
            Why = "If the source is started by hand they run twice.",
            Fix = "Keep the source off; the fence refuses a start.",
            Source = "V2V",
            At = "vm",
        },
    ];
}
