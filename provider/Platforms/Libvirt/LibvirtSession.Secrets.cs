namespace VmMigrate.Platforms.Libvirt;

// Secret objects, which leases are kept in.
internal sealed unsafe partial class LibvirtSession
{
    /// <summary>VIR_SECRET_USAGE_TYPE_VOLUME.</summary>
    private const int VolumeUsage = 1;

    /// <summary>Null when there is none.</summary>
    internal SecretHandle? FindSecretOfVolume(string path) =>
        Found(NativeMethods.virSecretLookupByUsage(connection, VolumeUsage, path), VirErrorCode.NoSecret, () => $"libvirt could not look for the secret of {path}");

    internal SecretHandle? FindSecret(Guid uuid) =>
        Found(NativeMethods.virSecretLookupByUUIDString(connection, uuid.ToString()), VirErrorCode.NoSecret, () => $"libvirt could not look for secret {uuid}");

    /// <summary>Null when it is gone by now.</summary>
    internal string? Xml(SecretHandle secret)
    {
        var text = NativeMethods.virSecretGetXMLDesc(secret, 0);
        return text == 0 && LibvirtErrors.Last() is { Code: not VirErrorCode.NoSecret } error
            ? throw Failed(error, () => "libvirt could not tell about a secret")
            : TextOrNull(text);
    }

    /// <summary>Makes the secret, or changes the description of the one with the same UUID. False when another has its usage: libvirt looks and adds under one lock.</summary>
    internal bool TryDefineSecret(string xml)
    {
        using var defined = Found(
            NativeMethods.virSecretDefineXML(connection, xml, 0),
            error => error.Code == VirErrorCode.InternalError && error.Words.Contains("already defined for use with", StringComparison.Ordinal),
            () => "libvirt could not make the secret that a lease is kept in");
        return defined is not null;
    }

    /// <summary>False when it was gone already.</summary>
    internal bool Undefine(SecretHandle secret)
    {
        if (NativeMethods.virSecretUndefine(secret) >= 0)
        {
            return true;
        }

        return LibvirtErrors.Last() is { Code: not VirErrorCode.NoSecret } error
            ? throw Failed(error, () => "libvirt could not remove the secret that a lease was kept in")
            : false;
    }
}
