using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>A counted reference to one of libvirt's objects. All but the connection hold their connection open.</summary>
internal abstract class VirHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    internal void Take(nint pointer) => SetHandle(pointer);
}

internal sealed class ConnectHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virConnectClose(handle) >= 0;
}

internal sealed class DomainHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virDomainFree(handle) == 0;
}

internal sealed class PoolHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virStoragePoolFree(handle) == 0;
}

internal sealed class VolumeHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virStorageVolFree(handle) == 0;
}

internal sealed class NetworkHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virNetworkFree(handle) == 0;
}

internal sealed class InterfaceHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virInterfaceFree(handle) == 0;
}

internal sealed class StreamHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virStreamFree(handle) == 0;
}

internal sealed class CheckpointHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virDomainCheckpointFree(handle) == 0;
}

internal sealed class SnapshotHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virDomainSnapshotFree(handle) == 0;
}

internal sealed class SecretHandle : VirHandle
{
    protected override bool ReleaseHandle() => NativeMethods.virSecretFree(handle) == 0;
}
