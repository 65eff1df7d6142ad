using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Calls of the C library on Linux.</summary>
internal static unsafe partial class NativeMethods
{
    internal const int MsgWaitAll = 0x100;
    internal const int MsgNoSignal = 0x4000;
    internal const int MsgDontWait = 0x40;
    internal const int GetFlags = 3;
    internal const int SetFlags = 4;
    internal const int NonBlocking = 0x800;
    internal const int SocketLevel = 1;
    internal const int ReceiveTimeout = 20;
    internal const int SendTimeout = 21;
    internal const int Interrupted = 4;
    internal const int WouldBlock = 11;
    internal const int NoSuchFile = 2;
    internal const int ConnectionRefused = 111;

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(nint socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(nint socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int socket, byte* address, uint length);

    // fcntl is variadic in C; on x86-64 and arm64 Linux an integer argument travels as in a fixed call.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int ControlFile(int file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(int socket, int level, int name, long* value, uint length);
}
