using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Security;

/// <summary>Security.</summary>
internal static class SecurityChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("sec.rbac.least", Warns, "CWL", "the account has more rights than it needs", Has(SiteFact.ExtraRights))
        {
            Core = true,
            Why = "A leaked credential could do more harm.",
            Fix = "Use the least role that the platform's page lists.",
            Source = "B",
            At = "target.site",
        },
        new("sec.rbac.owner-map", Warns, "CWL", "owners have no principal at the target", Has(SiteFact.OwnersMissing))
        {
            Why = "They lose access to their VM.",
            Fix = "Map them.",
            Source = "J",
            At = "target.site",
        },
        new("sec.pod-security", Stops, "CWL", "the namespace does not allow the mover", In(SiteFact.PodSecurity, "restricted"))
        {
            Core = true,
            Pairs = "any > KU",
            Why = "Its pods are refused.",
            Fix = "Label the namespace privileged.",
            Source = "FV",
            At = "target.site",
        },
        new("sec.cve.scan", Warns, "CWL", "the last vulnerability scan is too old", Over(GuestFact.ScanAge, PolicyKeys.ScanAge))
        {
            Core = true,
            Why = "Nobody knows what is moved along.",
            Fix = "Scan the guest.",
            Source = "B",
            At = "vm",
        },
        new("sec.cve.critical", Warns, "CWL", "critical vulnerabilities", Has(GuestFact.CriticalCves))
        {
            Why = "They move along into another network.",
            Fix = "Patch the guest.",
            Source = "B",
            At = "vm",
        },
        new("sec.patch-level", Warns, "CWL", "the guest is behind with patches", Over(GuestFact.PatchAge, PolicyKeys.PatchAge))
        {
            Core = true,
            Why = "Known holes move along.",
            Fix = "Patch the guest.",
            Source = "B",
            At = "vm",
        },
        new("sec.target-hardening", Warns, "CWL", "the target's host lacks mitigations that the source has", Hardening.Rule)
        {
            Pairs = "onprem > onprem",
            Why = "Guests would be less apart from each other.",
            Fix = "Patch the host.",
            Source = "J",
        },
        new("sec.malware", Stops, "CWL", "malware was found", Has(GuestFact.Malware))
        {
            Why = "It would move along.",
            Fix = "Clean the guest.",
            Source = "J",
            At = "vm",
        },
        new("sec.secrets-in-state", Impossible, "CWL", "a secret is declared as plain text", Elsewhere("a secret field holds plain text", "both front ends: the schema marks secret fields, and their values never reach state or logs"))
        {
            Why = "It would be in the engine's state.",
            Fix = "Use a secret value.",
            Source = "J",
            At = "vm",
        },
        new("sec.public-exposure", Stops, "CWL", "ports would be open to the world", Has(VmFact.PublicPorts))
        {
            Pairs = "any > cloud",
            Why = "At the source they were not.",
            Fix = "Narrow the rule.",
            Source = "J",
        },
        new("sec.cert-trust", Warns, "CWL", "the certificate of the API is not checked", Is(SiteFact.CertificateUnchecked))
        {
            Why = "Somebody between could read and change everything.",
            Fix = "Add the certificate authority or pin the thumbprint.",
            Source = "FD, J",
            At = "target.site",
        },
        new("sec.user-data", Warns, "CWL", "credentials in the VM's user data", Has(VmFact.UserDataSecrets))
        {
            Why = "They move along and may be read by others.",
            Fix = "Rotate them.",
            Source = "J",
            At = "vm",
        },
    ];
}
