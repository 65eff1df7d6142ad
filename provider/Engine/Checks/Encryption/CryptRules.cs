using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Encryption;

/// <summary>Who holds which key.</summary>
internal static class CryptRules
{
    internal static Rule VmRule { get; } = Rules.Own("`disk.encrypted` is true or `vm.encryption` is set, and no key is handed over (`plan.keyHandOver`)", [DiskFact.Encrypted, VmFact.VmEncryption, PlanFact.KeyProviderGiven], look =>
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Encrypted, item, out var encrypted) && encrypted)
            {
                look.Say(
                    $"{look.Subject.Vm.Name}, {item.Name} ({(item.Holder as Facts.Disk)?.Location}) is encrypted by its image format, which is not supported. Decrypt it first, or encrypt inside the guest.", item.Name);
            }
        }

        if (look.Subject.From.Kind == "vsphere" && look.Get(VmFact.VmEncryption, out var by) && by is not ("" or "none") && !look.Peek(PlanFact.KeyProviderGiven).Or(false))
        {
            look.Trip(null, $"encryption by {by}", "a key that the mover may use");
        }
    });

    internal static Rule BitlockerRule { get; } = Rules.Own("`guest.bitlocker` is `on` or `partly`; impossible for cloud imports", [GuestFact.Bitlocker, PlanFact.KeyEscrow], look =>
    {
        if (look.Get(GuestFact.Bitlocker, out var state) && state is "on" or "partly")
        {
            if (look.Subject.To.Kind is "aws" or "azure" or "gcp")
            {
                look.Trip(null, $"BitLocker {state}", "decrypted volumes, or replication by an agent in the guest", Weight.Impossible);
            }
            else if (!look.Peek(PlanFact.KeyEscrow).Or(false))
            {
                look.Trip(null, $"BitLocker {state}", "suspended, or a recovery key at hand");
            }
        }
    }).When(Rules.Windows);

    internal static Rule LuksRule { get; } = Rules.Own("`guest.luks` is not empty and `plan.diskKeyGiven` is not declared", [GuestFact.Luks, PlanFact.DiskKey], look =>
    {
        if (look.Get(GuestFact.Luks, out var volumes) && !volumes.IsEmpty && !look.Peek(PlanFact.DiskKey).Or(false))
        {
            look.Trip(null, $"LUKS volumes {GuestFact.Luks.Print(volumes)}", "a key or somebody who types it");
        }
    }).When(Rules.Linux);

    internal static Rule TlsRule { get; } = Rules.Own("`link.encrypted` is false and `link.isolated` is not declared", [LinkFact.Encrypted, LinkFact.Isolated], look =>
    {
        if (look.Get(LinkFact.Encrypted, out var encrypted) && !encrypted && !look.Peek(LinkFact.Isolated).Or(false))
        {
            look.Trip(null, "an unencrypted copy path", "TLS or SSH, or an isolated network");
        }
    });

    internal static Rule EscrowRule { get; } = Rules.Own("BitLocker or LUKS is in use and `plan.recoveryKeys` is not declared", [GuestFact.Bitlocker, GuestFact.Luks, PlanFact.KeyEscrow], look =>
    {
        if (!look.Get(GuestFact.Family, out var family))
        {
            return;
        }

        var encrypted = family switch
        {
            "windows" => look.Get(GuestFact.Bitlocker, out var state) && state is "on" or "partly",
            "linux" => look.Get(GuestFact.Luks, out var volumes) && !volumes.IsEmpty,
            _ => false,
        };
        if (encrypted && !look.Peek(PlanFact.KeyEscrow).Or(false))
        {
            look.Trip(null, "encrypted volumes and no word about their recovery keys", "recovery keys in a vault");
        }
    });

    internal static void LiveEncryption(Look look)
    {
        if (look.Get(VmFact.VmotionEncryption, out var wish) && wish == "required" && look.Get(SiteFact.VmotionEncryption, out var there) && !there)
        {
            look.Trip(null, "encryption of live moves required", "a target that can");
        }
    }

    internal static void TpmTarget(Look look)
    {
        if (look.Get(VmFact.Tpm, out var on) && on && look.Get(HostFact.Tpm, out var there) && !there)
        {
            look.Trip(null, "a TPM here and none there", "a virtual TPM");
        }
    }
}
