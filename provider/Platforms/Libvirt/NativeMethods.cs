using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// libvirt's C interface (libvirt.so.0, https://libvirt.org/html/). The library is looked for at the first call, so a program that
/// calls none of these runs without it.
/// </summary>
/// <remarks>
/// Pointers that a call returns are freed by their handle's class, arrays and texts with <see cref="Free"/>. A failed call leaves its error
/// in a variable of its thread, so it is read before the thread does anything else (<see cref="LibvirtErrors.Last"/>).
/// </remarks>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "libvirt.so.0";

    // --- Library ---

    [LibraryImport("libc", EntryPoint = "free")]
    internal static partial void Free(nint pointer);

    [LibraryImport(Library)]
    internal static partial int virInitialize();

    [LibraryImport(Library)]
    internal static partial void virSetErrorFunc(void* userData, delegate* unmanaged[Cdecl]<void*, VirError*, void> handler);

    [LibraryImport(Library)]
    internal static partial VirError* virGetLastError();

    [LibraryImport(Library)]
    internal static partial int virEventRegisterDefaultImpl();

    [LibraryImport(Library)]
    internal static partial int virEventRunDefaultImpl();

    // --- Connection and host ---

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ConnectHandle virConnectOpen(string uri);

    [LibraryImport(Library)]
    internal static partial int virConnectClose(nint connection);

    [LibraryImport(Library)]
    internal static partial int virConnectIsAlive(ConnectHandle connection);

    [LibraryImport(Library)]
    internal static partial int virConnectSetKeepAlive(ConnectHandle connection, int intervalSeconds, uint count);

    [LibraryImport(Library)]
    internal static partial nint virConnectGetHostname(ConnectHandle connection);

    [LibraryImport(Library)]
    internal static partial int virConnectGetVersion(ConnectHandle connection, out nuint version);

    [LibraryImport(Library)]
    internal static partial int virConnectGetLibVersion(ConnectHandle connection, out nuint version);

    [LibraryImport(Library)]
    internal static partial nint virConnectGetCapabilities(ConnectHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint virConnectGetDomainCapabilities(ConnectHandle connection, string? emulator, string? arch, string? machine, string? virtType, uint flags);

    [LibraryImport(Library)]
    internal static partial int virNodeGetInfo(ConnectHandle connection, out VirNodeInfo info);

    [LibraryImport(Library)]
    internal static partial ulong virNodeGetFreeMemory(ConnectHandle connection);

    // --- Domains ---

    [LibraryImport(Library)]
    internal static partial int virConnectListAllDomains(ConnectHandle connection, out nint domains, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DomainHandle virDomainLookupByUUIDString(ConnectHandle connection, string uuid);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DomainHandle virDomainLookupByName(ConnectHandle connection, string name);

    [LibraryImport(Library)]
    internal static partial int virDomainFree(nint domain);

    /// <summary>The text belongs to the domain's handle.</summary>
    [LibraryImport(Library)]
    internal static partial nint virDomainGetName(DomainHandle domain);

    /// <param name="buffer">Of 37 bytes.</param>
    [LibraryImport(Library)]
    internal static partial int virDomainGetUUIDString(DomainHandle domain, byte* buffer);

    [LibraryImport(Library)]
    internal static partial nint virDomainGetXMLDesc(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainGetState(DomainHandle domain, out int state, out int reason, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainIsPersistent(DomainHandle domain);

    [LibraryImport(Library)]
    internal static partial int virDomainGetAutostart(DomainHandle domain, out int autostart);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainRename(DomainHandle domain, string name, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainSetAutostart(DomainHandle domain, int autostart);

    [LibraryImport(Library)]
    internal static partial int virDomainHasManagedSaveImage(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainSnapshotNum(DomainHandle domain, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainGetBlockInfo(DomainHandle domain, string disk, out VirDomainBlockInfo info, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainGetBlockJobInfo(DomainHandle domain, string disk, out VirDomainBlockJobInfo info, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainGetJobInfo(DomainHandle domain, out VirDomainJobInfo info);

    [LibraryImport(Library)]
    internal static partial int virDomainInterfaceAddresses(DomainHandle domain, out VirDomainInterface** interfaces, uint source, uint flags);

    [LibraryImport(Library)]
    internal static partial void virDomainInterfaceFree(VirDomainInterface* one);

    [LibraryImport(Library)]
    internal static partial int virDomainGetGuestInfo(DomainHandle domain, uint types, out VirTypedParameter* parameters, out int count, uint flags);

    [LibraryImport(Library)]
    internal static partial void virTypedParamsFree(VirTypedParameter* parameters, int count);

    [LibraryImport(Library)]
    internal static partial int virDomainGetTime(DomainHandle domain, out long seconds, out uint nanoseconds, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainSetMetadata(DomainHandle domain, int type, string? metadata, string? key, string? uri, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DomainHandle virDomainDefineXMLFlags(ConnectHandle connection, string xml, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainCreateWithFlags(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainResume(DomainHandle domain);

    [LibraryImport(Library)]
    internal static partial int virDomainShutdownFlags(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainDestroyFlags(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainUndefineFlags(DomainHandle domain, uint flags);

    // --- Storage ---

    [LibraryImport(Library)]
    internal static partial int virConnectListAllStoragePools(ConnectHandle connection, out nint pools, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial PoolHandle virStoragePoolLookupByName(ConnectHandle connection, string name);

    [LibraryImport(Library)]
    internal static partial PoolHandle virStoragePoolLookupByVolume(VolumeHandle volume);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolFree(nint pool);

    [LibraryImport(Library)]
    internal static partial nint virStoragePoolGetName(PoolHandle pool);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolGetInfo(PoolHandle pool, out VirStoragePoolInfo info);

    [LibraryImport(Library)]
    internal static partial nint virStoragePoolGetXMLDesc(PoolHandle pool, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolIsActive(PoolHandle pool);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolRefresh(PoolHandle pool, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolListAllVolumes(PoolHandle pool, out nint volumes, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial VolumeHandle virStorageVolLookupByPath(ConnectHandle connection, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial VolumeHandle virStorageVolLookupByName(PoolHandle pool, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial VolumeHandle virStorageVolCreateXML(PoolHandle pool, string xml, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStorageVolDelete(VolumeHandle volume, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStorageVolFree(nint volume);

    [LibraryImport(Library)]
    internal static partial nint virStorageVolGetName(VolumeHandle volume);

    [LibraryImport(Library)]
    internal static partial nint virStorageVolGetPath(VolumeHandle volume);

    [LibraryImport(Library)]
    internal static partial int virStorageVolGetInfo(VolumeHandle volume, out VirStorageVolInfo info);

    [LibraryImport(Library)]
    internal static partial nint virStorageVolGetXMLDesc(VolumeHandle volume, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStorageVolDownload(VolumeHandle volume, StreamHandle stream, ulong offset, ulong length, uint flags);

    [LibraryImport(Library)]
    internal static partial StreamHandle virStreamNew(ConnectHandle connection, uint flags);

    [LibraryImport(Library)]
    internal static partial int virStreamRecv(StreamHandle stream, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int virStreamFinish(StreamHandle stream);

    [LibraryImport(Library)]
    internal static partial int virStreamAbort(StreamHandle stream);

    [LibraryImport(Library)]
    internal static partial int virStreamFree(nint stream);

    // --- Networks ---

    [LibraryImport(Library)]
    internal static partial int virConnectListAllNetworks(ConnectHandle connection, out nint networks, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NetworkHandle virNetworkLookupByName(ConnectHandle connection, string name);

    [LibraryImport(Library)]
    internal static partial int virNetworkFree(nint network);

    [LibraryImport(Library)]
    internal static partial nint virNetworkGetName(NetworkHandle network);

    [LibraryImport(Library)]
    internal static partial nint virNetworkGetXMLDesc(NetworkHandle network, uint flags);

    [LibraryImport(Library)]
    internal static partial int virNetworkIsActive(NetworkHandle network);

    [LibraryImport(Library)]
    internal static partial int virConnectListAllInterfaces(ConnectHandle connection, out nint interfaces, uint flags);

    [LibraryImport(Library)]
    internal static partial int virInterfaceFree(nint one);

    [LibraryImport(Library)]
    internal static partial nint virInterfaceGetName(InterfaceHandle one);

    [LibraryImport(Library)]
    internal static partial nint virInterfaceGetXMLDesc(InterfaceHandle one, uint flags);

    [LibraryImport(Library)]
    internal static partial int virInterfaceIsActive(InterfaceHandle one);
}
