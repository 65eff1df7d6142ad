using System.Runtime.InteropServices;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// All calls are the session's, whether or not they need its fields: nobody should make one without a session.
#pragma warning disable CA1822

/// <summary>libvirt's calls in C#'s types, for one thread during one piece of work. Every failure is a <see cref="PlatformException"/>.</summary>
internal sealed unsafe partial class LibvirtSession(string site, ConnectHandle connection)
{
    internal string Site => site;

    // --- Host ---

    internal string HostName() => Text(NativeMethods.virConnectGetHostname(connection), () => "libvirt could not tell the host's name");

    /// <summary>QEMU's version, such as 7.2.22; null where libvirt cannot tell.</summary>
    internal string? HypervisorVersion() =>
        NativeMethods.virConnectGetVersion(connection, out var version) < 0 ? null : Dotted(version);

    internal string? LibraryVersion() =>
        NativeMethods.virConnectGetLibVersion(connection, out var version) < 0 ? null : Dotted(version);

    internal string Capabilities() => Text(NativeMethods.virConnectGetCapabilities(connection), () => "libvirt could not tell the host's capabilities");

    /// <summary>What the host can do with this kind of virtual CPU; null when it cannot use it.</summary>
    internal string? DomainCapabilities(string arch, string virtType) =>
        TextOrNull(NativeMethods.virConnectGetDomainCapabilities(connection, null, arch, null, virtType, 0));

    internal VirNodeInfo Node()
    {
        Check(NativeMethods.virNodeGetInfo(connection, out var info), () => "libvirt could not tell the host's size");
        return info;
    }

    /// <summary>In bytes; null where libvirt cannot tell.</summary>
    internal long? FreeMemory() => NativeMethods.virNodeGetFreeMemory(connection) is var bytes and > 0 ? (long)bytes : null;

    // --- Domains ---

    internal DomainHandle[] Domains() =>
        Take<DomainHandle>(NativeMethods.virConnectListAllDomains(connection, out var array, 0), array, () => "libvirt could not list the VMs");

    /// <summary>Null when there is none.</summary>
    internal DomainHandle? FindDomain(string uuid) =>
        Guid.TryParse(uuid, out _)
            ? Found(NativeMethods.virDomainLookupByUUIDString(connection, uuid), VirErrorCode.NoDomain, () => $"libvirt could not look for VM {uuid}")
            : null;

    /// <exception cref="PlatformException">There is none: NotFound.</exception>
    internal DomainHandle Domain(string uuid) =>
        FindDomain(uuid) ?? throw new PlatformException(PlatformErrorKind.NotFound, site, $"site {site} has no VM with the id {uuid}")
        {
            NativeCode = LibvirtErrors.CodeName(VirErrorCode.NoDomain),
        };

    internal DomainHandle? FindDomainByName(string name) =>
        Found(NativeMethods.virDomainLookupByName(connection, name), VirErrorCode.NoDomain, () => $"libvirt could not look for VM {name}");

    internal string Name(DomainHandle domain) => Marshal.PtrToStringUTF8(NativeMethods.virDomainGetName(domain)) ?? "";

    internal string Uuid(DomainHandle domain)
    {
        var buffer = stackalloc byte[37];
        Check(NativeMethods.virDomainGetUUIDString(domain, buffer), () => "libvirt could not tell a VM's id");
        return Marshal.PtrToStringUTF8((nint)buffer)!;
    }

    internal string Xml(DomainHandle domain, uint flags) =>
        Text(NativeMethods.virDomainGetXMLDesc(domain, flags), () => $"libvirt could not tell the definition of VM {Name(domain)}");

    internal (VirDomainState State, int Reason) State(DomainHandle domain)
    {
        Check(NativeMethods.virDomainGetState(domain, out var state, out var reason, 0), () => $"libvirt could not tell the state of VM {Name(domain)}");
        return ((VirDomainState)state, reason);
    }

    internal bool IsPersistent(DomainHandle domain) => NativeMethods.virDomainIsPersistent(domain) == 1;

    internal bool HasManagedSave(DomainHandle domain) => NativeMethods.virDomainHasManagedSaveImage(domain, 0) == 1;

    internal bool? Autostart(DomainHandle domain) => NativeMethods.virDomainGetAutostart(domain, out var autostart) < 0 ? null : autostart != 0;

    internal void Rename(DomainHandle domain, string name) =>
        Check(NativeMethods.virDomainRename(domain, name, 0), () => $"libvirt could not rename VM {Name(domain)} to {name}");

    internal void SetAutostart(DomainHandle domain, bool on) =>
        Check(NativeMethods.virDomainSetAutostart(domain, on ? 1 : 0), () => $"libvirt could not switch the autostart of VM {Name(domain)} {(on ? "on" : "off")}");

    internal int? Snapshots(DomainHandle domain) => NativeMethods.virDomainSnapshotNum(domain, 0) is var count and >= 0 ? count : null;

    internal VirDomainBlockInfo? BlockInfo(DomainHandle domain, string disk) =>
        NativeMethods.virDomainGetBlockInfo(domain, disk, out var info, 0) < 0 ? null : info;

    internal VirDomainBlockJobInfo? BlockJob(DomainHandle domain, string disk) =>
        NativeMethods.virDomainGetBlockJobInfo(domain, disk, out var info, 0) == 1 ? info : null;

    internal VirDomainJobInfo? Job(DomainHandle domain) =>
        NativeMethods.virDomainGetJobInfo(domain, out var info) < 0 || info.Type == 0 ? null : info;

    /// <summary>The guest's addresses as its agent tells them, with the name of each interface; null when it does not answer.</summary>
    internal List<(string Interface, string Address)>? AgentAddresses(DomainHandle domain)
    {
        const uint Agent = 1;
        var count = NativeMethods.virDomainInterfaceAddresses(domain, out var interfaces, Agent, 0);
        if (count < 0)
        {
            return null;
        }

        var found = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            var one = interfaces[i];
            for (var a = 0; a < one->AddressCount; a++)
            {
                found.Add((Utf8(one->Name), Utf8(one->Addresses[a].Address)));
            }

            NativeMethods.virDomainInterfaceFree(one);
        }

        NativeMethods.Free((nint)interfaces);
        return found;
    }

    /// <summary>
    /// Whether the agent answers: asks it for the time, which every agent knows and which marks nothing. An agent that refuses the command has
    /// answered too.
    /// </summary>
    internal bool AgentAnswers(DomainHandle domain) =>
        NativeMethods.virDomainGetTime(domain, out _, out _, 0) >= 0
        || LibvirtErrors.Last().Code is VirErrorCode.InternalError;

    internal void SetMetadata(DomainHandle domain, string? xml, string key, string uri, uint affect)
    {
        const int Element = 2;
        var done = NativeMethods.virDomainSetMetadata(domain, Element, xml, xml is null ? null : key, uri, affect);
        // To remove what is not there is no failure.
        if (done < 0 && LibvirtErrors.Last() is var error && !(xml is null && error.Code == VirErrorCode.NoDomainMetadata))
        {
            throw Failed(error, () => $"libvirt could not write on VM {Name(domain)}");
        }
    }

    internal DomainHandle Define(string xml, string what) => Valid(NativeMethods.virDomainDefineXMLFlags(connection, xml, 0), () => what);

    internal void Start(DomainHandle domain) => Check(NativeMethods.virDomainCreateWithFlags(domain, 0), () => $"libvirt could not start VM {Name(domain)}");

    /// <summary>Starts it without letting its processors run.</summary>
    internal void StartPaused(DomainHandle domain)
    {
        const uint Paused = 1;
        Check(NativeMethods.virDomainCreateWithFlags(domain, Paused), () => $"libvirt could not start VM {Name(domain)}");
    }

    internal void Resume(DomainHandle domain) => Check(NativeMethods.virDomainResume(domain), () => $"libvirt could not resume VM {Name(domain)}");

    /// <summary>Asks the guest to shut down: null when it was asked, libvirt's words when it could not be.</summary>
    internal string? AskToShutDown(DomainHandle domain, bool byAgent)
    {
        const uint AcpiPowerButton = 1;
        const uint GuestAgent = 2;
        return NativeMethods.virDomainShutdownFlags(domain, byAgent ? GuestAgent : AcpiPowerButton) < 0 ? LibvirtErrors.Last().Words : null;
    }

    /// <summary>Switches off: first so that QEMU can still flush its caches, then in any case.</summary>
    internal void SwitchOff(DomainHandle domain)
    {
        const uint Graceful = 1;
        if (NativeMethods.virDomainDestroyFlags(domain, Graceful) < 0
            && NativeMethods.virDomainDestroyFlags(domain, 0) < 0
            && LibvirtErrors.Last() is var error
            && State(domain).State != VirDomainState.ShutOff)
        {
            throw Failed(error, () => $"libvirt could not switch off VM {Name(domain)}");
        }
    }

    /// <summary>Removes the definition with all that hangs on it: saved memory, records of snapshots and checkpoints, firmware variables, TPM state.</summary>
    internal void Undefine(DomainHandle domain)
    {
        const uint ManagedSave = 1, SnapshotsMetadata = 2, Nvram = 4, CheckpointsMetadata = 16;
        Check(
            NativeMethods.virDomainUndefineFlags(domain, ManagedSave | SnapshotsMetadata | Nvram | CheckpointsMetadata),
            () => $"libvirt could not remove the definition of VM {Name(domain)}");
    }

    // --- Storage ---

    internal PoolHandle[] Pools() =>
        Take<PoolHandle>(NativeMethods.virConnectListAllStoragePools(connection, out var array, 0), array, () => "libvirt could not list the storage pools");

    internal PoolHandle? FindPool(string name) =>
        Found(NativeMethods.virStoragePoolLookupByName(connection, name), VirErrorCode.NoStoragePool, () => $"libvirt could not look for storage pool {name}");

    internal string Name(PoolHandle pool) => Marshal.PtrToStringUTF8(NativeMethods.virStoragePoolGetName(pool)) ?? "";

    internal string Xml(PoolHandle pool) => Text(NativeMethods.virStoragePoolGetXMLDesc(pool, 0), () => $"libvirt could not tell about storage pool {Name(pool)}");

    internal bool IsActive(PoolHandle pool) => NativeMethods.virStoragePoolIsActive(pool) == 1;

    internal VirStoragePoolInfo? Info(PoolHandle pool) => NativeMethods.virStoragePoolGetInfo(pool, out var info) < 0 ? null : info;

    internal void Refresh(PoolHandle pool) => Check(NativeMethods.virStoragePoolRefresh(pool, 0), () => $"libvirt could not look through storage pool {Name(pool)}");

    internal PoolHandle PoolOf(VolumeHandle volume) => Valid(NativeMethods.virStoragePoolLookupByVolume(volume), () => "libvirt could not tell a volume's storage pool");

    internal VolumeHandle[] Volumes(PoolHandle pool) =>
        Take<VolumeHandle>(NativeMethods.virStoragePoolListAllVolumes(pool, out var array, 0), array, () => $"libvirt could not list the volumes of storage pool {Name(pool)}");

    /// <summary>Null when no active pool knows this path.</summary>
    internal VolumeHandle? FindVolumeByPath(string path) =>
        Found(NativeMethods.virStorageVolLookupByPath(connection, path), VirErrorCode.NoStorageVol, () => $"libvirt could not look for a volume at {path}");

    internal VolumeHandle? FindVolume(PoolHandle pool, string name) =>
        Found(NativeMethods.virStorageVolLookupByName(pool, name), VirErrorCode.NoStorageVol, () => $"libvirt could not look for volume {name}");

    internal string Name(VolumeHandle volume) => Marshal.PtrToStringUTF8(NativeMethods.virStorageVolGetName(volume)) ?? "";

    internal string Path(VolumeHandle volume) => Text(NativeMethods.virStorageVolGetPath(volume), () => $"libvirt could not tell the path of volume {Name(volume)}");

    /// <summary>Null when its file is gone or cannot be read by the daemon.</summary>
    internal VirStorageVolInfo? Info(VolumeHandle volume) => NativeMethods.virStorageVolGetInfo(volume, out var info) < 0 ? null : info;

    internal string? Xml(VolumeHandle volume) => TextOrNull(NativeMethods.virStorageVolGetXMLDesc(volume, 0));

    /// <summary>Null when a volume or file of this name is there already.</summary>
    internal VolumeHandle? CreateVolume(PoolHandle pool, string xml, string name) =>
        Found(
            NativeMethods.virStorageVolCreateXML(pool, xml, 0),
            error => error.Code == VirErrorCode.StorageVolExist
                // "volume target path '...' already exists": a file that the pool does not know.
                || (error.Code == VirErrorCode.OperationInvalid && error.Words.Contains("already exists", StringComparison.Ordinal)),
            () => $"libvirt could not make volume {name} in storage pool {Name(pool)}");

    /// <summary>Deletes the volume; one that is gone already is no failure.</summary>
    internal void Delete(VolumeHandle volume)
    {
        if (NativeMethods.virStorageVolDelete(volume, 0) < 0 && LibvirtErrors.Last() is { Code: not VirErrorCode.NoStorageVol } error)
        {
            throw Failed(error, () => $"libvirt could not delete volume {Name(volume)}");
        }
    }

    /// <summary>The last bytes of a volume's content, at most <paramref name="most"/>.</summary>
    internal byte[] Download(VolumeHandle volume, int most)
    {
        using var stream = Valid(NativeMethods.virStreamNew(connection, 0), () => "libvirt could not open a stream");
        Check(NativeMethods.virStorageVolDownload(volume, stream, 0, 0, 0), What);
        var content = new MemoryStream();
        var piece = new byte[65536];
        fixed (byte* at = piece)
        {
            int count;
            while ((count = NativeMethods.virStreamRecv(stream, at, (nuint)piece.Length)) > 0)
            {
                content.Write(piece, 0, count);
                if (content.Length >= 2L * most)
                {
                    content = new MemoryStream(content.ToArray()[^most..].ToArray()) { Position = most };
                }
            }

            if (count < 0)
            {
                var error = LibvirtErrors.Last();
                _ = NativeMethods.virStreamAbort(stream);
                throw Failed(error, What);
            }
        }

        Check(NativeMethods.virStreamFinish(stream), What);
        var all = content.ToArray();
        return all.Length <= most ? all : all[^most..];

        string What() => $"libvirt could not read volume {Name(volume)}";
    }

    // --- Networks ---

    internal NetworkHandle[] Networks() =>
        Take<NetworkHandle>(NativeMethods.virConnectListAllNetworks(connection, out var array, 0), array, () => "libvirt could not list the networks");

    internal string Name(NetworkHandle network) => Marshal.PtrToStringUTF8(NativeMethods.virNetworkGetName(network)) ?? "";

    internal string Xml(NetworkHandle network) => Text(NativeMethods.virNetworkGetXMLDesc(network, 0), () => $"libvirt could not tell about network {Name(network)}");

    internal bool IsActive(NetworkHandle network) => NativeMethods.virNetworkIsActive(network) == 1;

    /// <summary>Empty where the host's libvirt has no driver for them.</summary>
    internal InterfaceHandle[] Interfaces()
    {
        var count = NativeMethods.virConnectListAllInterfaces(connection, out var array, 0);
        return count < 0 ? [] : Take<InterfaceHandle>(count, array, () => "");
    }

    internal string Name(InterfaceHandle one) => Marshal.PtrToStringUTF8(NativeMethods.virInterfaceGetName(one)) ?? "";

    internal string? Xml(InterfaceHandle one) => TextOrNull(NativeMethods.virInterfaceGetXMLDesc(one, 0));

    internal bool IsActive(InterfaceHandle one) => NativeMethods.virInterfaceIsActive(one) == 1;

    // --- Results ---

    // What was asked is told by a function: to build it may call libvirt (a VM's name), and every call forgets the error of the one before.

    private void Check(int result, Func<string> what)
    {
        if (result < 0)
        {
            throw Failed(LibvirtErrors.Last(), what);
        }
    }

    private PlatformException Failed(NativeError error, Func<string> what) =>
        LibvirtErrors.From(site, what(), error, NativeMethods.virConnectIsAlive(connection) == 1);

    private T Valid<T>(T handle, Func<string> what)
        where T : VirHandle
    {
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var error = LibvirtErrors.Last();
        handle.Dispose();
        throw Failed(error, what);
    }

    /// <summary>Null when it failed with a code that means that there is none.</summary>
    private T? Found<T>(T handle, Func<NativeError, bool> isMissing, Func<string> what)
        where T : VirHandle
    {
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var error = LibvirtErrors.Last();
        handle.Dispose();
        return isMissing(error) ? null : throw Failed(error, what);
    }

    private T? Found<T>(T handle, VirErrorCode missing, Func<string> what)
        where T : VirHandle => Found(handle, error => error.Code == missing, what);

    private T[] Take<T>(int count, nint array, Func<string> what)
        where T : VirHandle, new()
    {
        Check(count, what);
        var handles = new T[count];
        for (var i = 0; i < count; i++)
        {
            handles[i] = new T();
            handles[i].Take(((nint*)array)[i]);
        }

        NativeMethods.Free(array);
        return handles;
    }

    private string Text(nint pointer, Func<string> what) => pointer == 0 ? throw Failed(LibvirtErrors.Last(), what) : TextOrNull(pointer)!;

    private static string? TextOrNull(nint pointer)
    {
        if (pointer == 0)
        {
            return null;
        }

        var text = Marshal.PtrToStringUTF8(pointer);
        NativeMethods.Free(pointer);
        return text;
    }

    private static string Utf8(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static string Dotted(nuint version) => $"{version / 1_000_000}.{version / 1000 % 1000}.{version % 1000}";
}
