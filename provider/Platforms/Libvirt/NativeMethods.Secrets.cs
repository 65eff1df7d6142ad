using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt;

// libvirt's secret objects (libvirt-secret.h). We keep no secrets in them: see LeaseXml.
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SecretHandle virSecretDefineXML(ConnectHandle connection, string xml, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SecretHandle virSecretLookupByUsage(ConnectHandle connection, int usageType, string usageId);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SecretHandle virSecretLookupByUUIDString(ConnectHandle connection, string uuid);

    [LibraryImport(Library)]
    internal static partial nint virSecretGetXMLDesc(SecretHandle secret, uint flags);

    [LibraryImport(Library)]
    internal static partial int virSecretUndefine(SecretHandle secret);

    [LibraryImport(Library)]
    internal static partial int virSecretFree(nint secret);
}
