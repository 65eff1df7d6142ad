using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>Owners of files, which .NET does not tell.</summary>
internal static partial class PosixFile
{
    /// <summary>AT_FDCWD.</summary>
    private const int CurrentFolder = -100;

    internal readonly record struct Owner(uint User, uint Group);

    internal static uint UserId() => geteuid();

    /// <exception cref="IOException">There is no such file, or no right to look.</exception>
    internal static Owner OwnerOf(string path)
    {
        const uint UserAndGroup = 0x8 | 0x10;
        return statx(CurrentFolder, path, 0, UserAndGroup, out var result) == 0
            ? new Owner(result.User, result.Group)
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>A file with content, rather than a folder, a pipe (opening one waits for its other end), a socket or a device.</summary>
    internal static bool IsRegular(string path)
    {
        const uint Type = 0x1;
        const int TypeMask = 0xf000;
        const int Regular = 0x8000;
        return statx(CurrentFolder, path, 0, Type, out var result) == 0 && (result.Mode & TypeMask) == Regular;
    }

    /// <summary>Whether we may make files in a folder.</summary>
    internal static bool MayWriteIn(string folder)
    {
        const int WriteAndPass = 2 | 1;
        return access(folder, WriteAndPass) == 0;
    }

    /// <exception cref="IOException">No right to do so.</exception>
    internal static void ChangeOwner(string path, Owner owner)
    {
        if (chown(path, owner.User, owner.Group) != 0)
        {
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out Statx result);

    /// <summary>statx(2): the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
