using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Quotas;

/// <summary>Target limits and quotas.</summary>
internal static class QuotasChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("quota.vcpu", Impossible, "CWL", "the quota has too few virtual CPUs", Exceeds(VmFact.Cpus, SiteFact.QuotaCpus))
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "The cloud refuses the instance.",
            Fix = "Request an increase.",
            Source = "GCR, AZ",
        },
        new("quota.instances", Impossible, "CWL", "the quota has no VM left", QuotaRules.Left(SiteFact.QuotaVms, 1))
        {
            Pairs = "any > cloud KU",
            Why = "The cloud refuses the instance.",
            Fix = "Request an increase.",
            Source = "GCR",
        },
        new("quota.disk", Impossible, "CWL", "the quota has too little disk space", QuotaRules.DiskRule)
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "The cloud refuses the disks.",
            Fix = "Request an increase.",
            Source = "WB, GCR",
        },
        new("quota.snapshot", Stops, "W", "the quota has too few snapshots", QuotaRules.PerDisk(SiteFact.QuotaSnapshots))
        {
            Pairs = "any > cloud",
            Why = "Rounds fail.",
            Fix = "Request an increase.",
            Source = "EBS, WB",
        },
        new("quota.api-rate", Warns, "CW", "the API is slower than the link", Own("`link.rate` is above `site.apiRate`", [LinkFact.Rate, SiteFact.QuotaApi], QuotaRules.Api))
        {
            Pairs = "any > AW",
            Why = "It is the brake: 1,000 requests of 512 KiB a second at most.",
            Fix = "Use fewer workers, and expect its rate.",
            Source = "EBS, WB",
        },
        new("quota.import-tasks", Stops, "CW", "no import task is left", QuotaRules.Left(SiteFact.QuotaImports, 1))
        {
            Pairs = "any > AW GC",
            Why = "The import is refused.",
            Fix = "Wait for others to end.",
            Source = "service quota",
        },
        new("quota.ip", Impossible, "CWL", "the target's subnet has too few free addresses", QuotaRules.IpRule)
        {
            Core = true,
            Why = "The VM would get none.",
            Fix = "Use a bigger subnet.",
            Source = "GCR",
            At = "target.networks",
        },
        new("quota.public-ip", Stops, "CWL", "the quota has too few public addresses", QuotaRules.PublicIpRule)
        {
            Pairs = "any > cloud",
            Why = "The VM would get none.",
            Fix = "Request an increase.",
            Source = "GCR",
        },
        new("quota.nic-sg", Stops, "CWL", "the quota has too few cards", Exceeds(VmFact.Nics, SiteFact.QuotaNics))
        {
            Pairs = "any > cloud",
            Why = "The cloud refuses the instance.",
            Fix = "Request an increase.",
            Source = "J",
        },
        new("quota.k8s", Impossible, "CWL", "a quota of the namespace would be exceeded", Has(SiteFact.QuotaK8s))
        {
            Core = true,
            Pairs = "any > KU",
            Why = "The cluster refuses the VM.",
            Fix = "Raise it.",
            Source = "J",
        },
        new("quota.kms", Warns, "CW", "the quota has too few key requests", QuotaRules.PerDisk(SiteFact.QuotaKms))
        {
            Pairs = "any > AW GC",
            Why = "Encrypted disks wait.",
            Fix = "Request an increase.",
            Source = "J",
        },
        new("quota.azure-machine", Stops, "CWL", "a rule of Azure for machines is broken", Has(SiteFact.MachineRule))
        {
            Pairs = "any > AZ",
            Why = "The replication is refused.",
            Fix = "Split the VM, or rename it.",
            Source = "AZV",
        },
        new("quota.licence-cap", Stops, "CWL", "the site has too few licensed cores left", Exceeds(VmFact.Cpus, SiteFact.LicenceCores))
        {
            Pairs = "any > VS HV",
            Why = "The platform refuses the start, or an audit counts it.",
            Fix = "Buy more.",
            Source = "J",
        },
        new("quota.provider-limits-source", Tells, "CWL", "the table of cloud limits is old", QuotaRules.LimitsAge)
        {
            Pairs = "any > cloud",
            Why = "Vendors' numbers change.",
            Fix = "Update the provider, or ask the vendor.",
            Source = "J",
        },
    ];
}
