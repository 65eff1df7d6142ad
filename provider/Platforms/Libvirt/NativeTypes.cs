using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt;

// Structures and constants of libvirt's headers, in the headers' order and under names close to theirs.

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirError
{
    public int Code;
    public int Domain;
    public byte* Message;
    public int Level;
    public nint Connection;
    public nint GuestDomain;
    public byte* Text1;
    public byte* Text2;
    public byte* Text3;

    /// <summary>For <see cref="VirErrorCode.SystemError"/>: the errno.</summary>
    public int Number1;
    public int Number2;
    public nint Network;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirNodeInfo
{
    public fixed byte Model[32];
    public nuint MemoryKiB;
    public uint Cpus;
    public uint Mhz;
    public uint Nodes;
    public uint Sockets;
    public uint Cores;
    public uint Threads;
}

[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainBlockInfo
{
    public ulong Capacity;
    public ulong Allocation;
    public ulong Physical;
}

[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainBlockJobInfo
{
    /// <summary>1 pull, 2 copy, 3 commit, 4 active commit, 5 backup.</summary>
    public int Type;
    public nuint Bandwidth;
    public ulong Current;
    public ulong End;
}

[StructLayout(LayoutKind.Sequential)]
internal struct VirDomainJobInfo
{
    /// <summary>0 when there is no job.</summary>
    public int Type;
    public ulong TimeElapsed;
    public ulong TimeRemaining;
    public ulong DataTotal;
    public ulong DataProcessed;
    public ulong DataRemaining;
    public ulong MemTotal;
    public ulong MemProcessed;
    public ulong MemRemaining;
    public ulong FileTotal;
    public ulong FileProcessed;
    public ulong FileRemaining;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirDomainIPAddress
{
    public int Type;
    public byte* Address;
    public uint Prefix;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirDomainInterface
{
    public byte* Name;
    public byte* HardwareAddress;
    public uint AddressCount;
    public VirDomainIPAddress* Addresses;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirTypedParameter
{
    public fixed byte Field[80];

    /// <summary>7 for a text.</summary>
    public int Type;
    public nint Value;
}

[StructLayout(LayoutKind.Sequential)]
internal struct VirStoragePoolInfo
{
    public int State;
    public ulong Capacity;
    public ulong Allocation;
    public ulong Available;
}

[StructLayout(LayoutKind.Sequential)]
internal struct VirStorageVolInfo
{
    public int Type;
    public ulong Capacity;
    public ulong Allocation;
}

internal enum VirDomainState
{
    NoState = 0,
    Running = 1,
    Blocked = 2,
    Paused = 3,
    ShuttingDown = 4,
    ShutOff = 5,
    Crashed = 6,
    SuspendedByGuest = 7,
}

/// <summary>virDomainXMLFlags.</summary>
internal static class XmlFlags
{
    /// <summary>With the passwords that the definition holds. Without it a definition written back would lose them.</summary>
    public const uint Secure = 1;

    /// <summary>The definition that the next start takes, not the running one.</summary>
    public const uint Inactive = 2;

    /// <summary>As another host takes it in a migration.</summary>
    public const uint Migratable = 8;
}

/// <summary>virDomainModificationImpact.</summary>
internal static class Affect
{
    public const uint Live = 1;
    public const uint Config = 2;
}

/// <summary>The codes of virterror.h that mean something to us; <see cref="LibvirtErrors.CodeName"/> knows their names.</summary>
internal enum VirErrorCode
{
    Ok = 0,
    InternalError = 1,
    NoSupport = 3,
    UnknownHost = 4,
    NoConnect = 5,
    InvalidConn = 6,
    InvalidArg = 8,
    OperationFailed = 9,
    XmlError = 27,
    DomExist = 28,
    OperationDenied = 29,
    SystemError = 38,
    Rpc = 39,
    GnutlsError = 40,
    NoDomain = 42,
    NoNetwork = 43,
    AuthFailed = 45,
    NoStoragePool = 49,
    NoStorageVol = 50,
    OperationInvalid = 55,
    NoInterface = 57,
    NoSecret = 66,
    ConfigUnsupported = 67,
    OperationTimeout = 68,
    ArgumentUnsupported = 74,
    OperationAborted = 78,
    AuthCancelled = 79,
    NoDomainSnapshot = 72,
    NoDomainMetadata = 80,
    BlockCopyActive = 83,
    OperationUnsupported = 84,
    Ssh = 85,
    AgentUnresponsive = 86,
    ResourceBusy = 87,
    AccessDenied = 88,
    StorageVolExist = 90,
    AuthUnavailable = 94,
    AgentUnsynced = 97,
    Libssh = 98,
    InvalidDomainCheckpoint = 102,
    NoDomainCheckpoint = 103,
    NoDomainBackup = 104,
    CheckpointInconsistent = 108,
}
