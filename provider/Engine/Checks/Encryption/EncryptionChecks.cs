using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Encryption;

/// <summary>Encryption, TPM, keys.</summary>
internal static class EncryptionChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("crypt.vm-encryption", Impossible, "CWL", "the VM or its disks are encrypted by the platform", CryptRules.VmRule)
        {
            Core = true,
            Why = "Without the key nobody can read them.",
            Fix = "Hand over the key, or decrypt them first.",
            Source = "B, VSE, AZV, AVI, GCI",
            At = "vm",
        },
        new("crypt.guest-bitlocker", Stops, "CWL", "BitLocker is on", CryptRules.BitlockerRule)
        {
            Core = true,
            Why = "At the target its TPM is another, so Windows asks for the recovery key; cloud imports refuse it.",
            Fix = "Suspend or decrypt it, or keep the recovery key at hand (facts: plan.recoveryKeys).",
            Source = "B, AZV, AVI, GCI, V2V",
            At = "vm",
        },
        new("crypt.guest-luks", Stops, "CWL", "LUKS volumes need their key", CryptRules.LuksRule)
        {
            Core = true,
            Why = "The guest waits for the key at boot.",
            Fix = "Provide the key, or make sure that somebody types it (facts: plan.diskKeyGiven).",
            Source = "V2V, FV, DET",
            At = "vm",
        },
        new("crypt.luks-tpm-only", Impossible, "CW", "only the old TPM opens a LUKS volume", Is(GuestFact.LuksTpmOnly).When(Linux))
        {
            Core = true,
            Why = "The guest would not boot.",
            Fix = "Add a passphrase at the source.",
            Source = "V2V",
            At = "vm",
        },
        new("crypt.boot-pin", Warns, "CWL", "the guest needs a secret at boot", Has(GuestFact.BootPin))
        {
            Why = "Nobody may be there to type it.",
            Fix = "Open a console, or the way to the key server.",
            Source = "J",
            At = "vm",
        },
        new("crypt.disk-key-handover", Impossible, "CWL", "the target may not use a disk's key", Has(DiskFact.KeyHidden))
        {
            Pairs = "AW AZ GC VS > any",
            Why = "The copy could not be read.",
            Fix = "Share the key, or encrypt the disk anew.",
            Source = "B, J",
            At = "vm",
        },
        new("crypt.transfer-tls", Stops, "CWL", "the data crosses the network in the clear", CryptRules.TlsRule)
        {
            Core = true,
            Why = "Anybody on the way can read the disks.",
            Fix = "Use TLS or SSH; waive on an isolated network.",
            Source = "LV, PVE",
        },
        new("crypt.vmotion-encryption", Stops, "L", "the target cannot encrypt the live move", Own("`vm.liveEncryption` is `required` and `site.liveEncryption` is false", [VmFact.VmotionEncryption, SiteFact.VmotionEncryption], CryptRules.LiveEncryption))
        {
            Pairs = "VS > VS",
            Why = "The VM asks for it.",
            Fix = "Upgrade the target, or set it to opportunistic.",
            Source = "VM2, HCX1",
            At = "vm",
        },
        new("crypt.tpm.present", Stops, "CWL", "the TPM's state is not copied", Is(VmFact.Tpm))
        {
            Core = true,
            Why = "Keys that are sealed to it are lost.",
            Fix = "Unseal them (suspend BitLocker) and take the TPM away first, or seal them anew after the move.",
            Source = "FL, V2V",
            At = "vm",
        },
        new("crypt.tpm.target", Stops, "CWL", "the target offers no virtual TPM", Own("`vm.tpm` is true and `host.tpm` is false", [VmFact.Tpm, HostFact.Tpm], CryptRules.TpmTarget))
        {
            Core = true,
            Why = "Windows 11 and sealed secrets need one.",
            Fix = "Choose a host with a virtual TPM, or enable it there.",
            Source = "KVU, FL",
        },
        new("crypt.tpm.live-store", Stops, "L", "the TPM's state is not where both hosts see it", NotIn(VmFact.TpmStore, "shared", "transferred").When(If(VmFact.Tpm)))
        {
            Pairs = "KV KU OS > any",
            Why = "It would be lost or opened twice.",
            Fix = "Use shared storage or a version that transfers it.",
            Source = "LV, NV, KVU",
            At = "vm",
        },
        new("crypt.credential-guard", Warns, "CW", "Credential Guard needs Secure Boot and a TPM", Is(GuestFact.CredentialGuard).When(Windows))
        {
            Why = "Without them secrets are not protected, or not there.",
            Fix = "Choose a target with both.",
            Source = "J",
            At = "vm",
        },
        new("crypt.dpapi-machine-keys", Warns, "CW", "certificates are bound to the TPM", Has(GuestFact.TpmCertificates).When(Windows))
        {
            Why = "They do not work with another TPM.",
            Fix = "Enrol them again.",
            Source = "J",
            At = "vm",
        },
        new("crypt.snapshot-key-rotation", Warns, "W", "an encryption key ends soon", Ends(VmFact.KeyEnds, PolicyKeys.CertificateDays))
        {
            Why = "Rounds after its end cannot be read.",
            Fix = "Extend it.",
            Source = "J",
            At = "vm",
        },
        new("crypt.key-escrow", Impossible, "CWL", "the guest is encrypted and no recovery key is in a vault", CryptRules.EscrowRule)
        {
            Core = true,
            Why = "If the TPM or passphrase is lost, so is the data.",
            Fix = "Store the recovery keys, then declare plan.recoveryKeys under facts.",
            Source = "B, V2V",
            At = "vm",
        },
    ];
}
