using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Licensing;

/// <summary>Licensing and compliance.</summary>
internal static class LicensingChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("lic.os-byol", Stops, "CWL", "the operating system's licence at the target is not declared", OsLicence.Rule)
        {
            Core = true,
            Pairs = "any > cloud",
            Why = "The cloud bills, or forbids, by it.",
            Fix = "Declare plan.osLicence under facts: byol, payg, ahb or dedicated.",
            Source = "AVP, GCA",
            At = "facts",
        },
        new("lic.app-core", Warns, "CWL", "the VM has more cores than its applications are licensed for", Exceeds(VmFact.Cpus, PlanFact.LicensedCores))
        {
            Why = "An audit counts them.",
            Fix = "Buy more, or give it fewer.",
            Source = "J",
            At = "vm",
        },
        new("lic.host-bound", Warns, "CWL", "licences are bound to hardware", Has(PlanFact.BoundLicences))
        {
            Why = "They end with the old address, identity or dongle.",
            Fix = "Have them issued anew.",
            Source = "J, VMC",
            At = "vm",
        },
        new("lic.hypervisor-feature", Stops, "L", "an edition lacks a feature that the mode needs", Has(SiteFact.Edition))
        {
            Pairs = "VS > VS",
            Why = "The platform refuses the move.",
            Fix = "Upgrade it.",
            Source = "VM1, SVM, HCX6",
        },
        new("lic.marketplace", Stops, "CWL", "the image is a marketplace product", Has(VmFact.MarketplaceCode))
        {
            Pairs = "AW AZ GC > any",
            Why = "Its terms forbid the move.",
            Fix = "Deploy it anew.",
            Source = "J",
            At = "vm",
        },
        new("lic.subscription-repo", Warns, "CW", "repositories are not reachable from the target", Has(PlanFact.Repositories).When(Linux))
        {
            Pairs = "any > AW AZ GC KU",
            Why = "Updates stop.",
            Fix = "Switch the subscription.",
            Source = "GCA",
            At = "vm",
        },
        new("comp.residency", Impossible, "CWL", "the target's region is not allowed for the data", CompRules.ResidencyRule)
        {
            Core = true,
            Why = "The law or the contract forbids it.",
            Fix = "Choose an allowed region.",
            Source = "B (GDPR)",
        },
        new("comp.transfer-basis", Impossible, "CWL", "personal data leaves the EEA without a legal basis", CompRules.BasisRule)
        {
            Core = true,
            Why = "GDPR Art. 44-47 asks for adequacy, SCC or BCR with an assessment.",
            Fix = "Record the basis, then declare plan.transferBasis under facts.",
            Source = "B, GDPR",
            At = "facts",
        },
        new("comp.remote-access", Warns, "CWL", "operators outside the region reach the data", Has(PlanFact.OutsideOperators))
        {
            Pairs = "any > cloud",
            Why = "Remote access from outside the EEA is a transfer too.",
            Fix = "Choose a sovereign option.",
            Source = "GDPR",
        },
        new("comp.staging-path", Impossible, "CWL", "temporary copies would be in a region that is not allowed", Own("`site.stagingRegion` is not in `plan.allowedRegions`", [SiteFact.StagingRegion, PlanFact.AllowedRegions], CompRules.Staging))
        {
            Pairs = "any > cloud",
            Why = "They are copies of the data too.",
            Fix = "Move them to an allowed region.",
            Source = "J",
        },
        new("comp.classification", Stops, "CWL", "the target lacks control sets that the data needs", Lacks(PlanFact.RequiredControls, SiteFact.Controls))
        {
            Why = "Its classification asks for them.",
            Fix = "Choose another site.",
            Source = "J, FD",
        },
        new("comp.retention-legal-hold", Stops, "CWL", "the VM is under legal hold", Is(PlanFact.LegalHold))
        {
            Why = "A commit would delete the source.",
            Fix = "Set commit.source to Keep, then waive this.",
            Source = "J",
            At = "commit.source",
        },
        new("comp.audit", Tells, "CWL", "nobody keeps the events of migrations", Not(PlanFact.AuditSink))
        {
            Why = "Nobody can show later what was done.",
            Fix = "Set an audit sink.",
            Source = "J",
        },
    ];
}
