using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A regular file or block device of this host, read and written by position; every failure is an <see cref="ImageException"/> that names the file and what was tried.</summary>
internal class HostFile : IDisposable
{
    private const int ErrorPermission = 1;
    private const int ErrorNoEntry = 2;
    private const int ErrorInterrupted = 4;
    private const int ErrorNoSuchAddress = 6;
    private const int ErrorAccess = 13;
    private const int ErrorExists = 17;
    private const int ErrorInvalid = 22;
    private const int ErrorNoSpace = 28;
    private const int ErrorReadOnly = 30;
    private const int ErrorNotImplemented = 38;
    private const int ErrorNotSupported = 95;
    private const int ErrorQuota = 122;

    private const int TypeMask = 0xF000;
    private const int TypeRegular = 0x8000;
    private const int TypeBlockDevice = 0x6000;

    private readonly SafeFileHandle _handle;
    private volatile bool _cannotPunch;
    private bool _isLocked;

    /// <param name="flags">Of open(2); some are always added.</param>
    private protected HostFile(string path, int flags)
    {
        FilePath = path;
        IsWritable = (flags & NativeMethods.OpenReadWrite) != 0;
        _handle = Open(path, flags);
        try
        {
            Identify();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    internal string FilePath { get; }

    internal bool IsWritable { get; }

    internal bool IsBlockDevice { get; private set; }

    /// <summary>Which file this is, whatever path led to it.</summary>
    internal (ulong Device, ulong Inode) Identity { get; private set; }

    internal static HostFile OpenForReading(string path) => new(path, NativeMethods.OpenReadOnly);

    internal static HostFile OpenForWriting(string path) => new(path, NativeMethods.OpenReadWrite);

    /// <exception cref="ImageException"><see cref="ImageFault.Exists"/>: there is a file already.</exception>
    internal static HostFile Create(string path) =>
        new(path, NativeMethods.OpenReadWrite | NativeMethods.OpenCreate | NativeMethods.OpenExclusive);

    private static SafeFileHandle Open(string path, int flags)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new ImageException(ImageFault.NotFound, path.Replace('\0', '?'), "the path has a zero byte in it.");

        // Non-blocking: opening a named pipe would wait for its other end, and whether it is one is known only afterwards. It changes nothing for files and disks.
        // 0600: a disk image is nobody else's business until its owner says so.
        var descriptor = NativeMethods.Open(
            path, flags | NativeMethods.OpenCloseOnExec | NativeMethods.OpenNonBlocking | NativeMethods.OpenNoControllingTerminal, 0x180);
        if (descriptor < 0)
            throw Failure(path, Marshal.GetLastPInvokeError(), (flags & NativeMethods.OpenCreate) != 0 ? "it cannot be created" : "it cannot be opened");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private void Identify()
    {
        if (NativeMethods.Stat(_handle, "", NativeMethods.AtEmptyPath, NativeMethods.StatBasic, out var status) != 0)
            throw Failure(Marshal.GetLastPInvokeError(), "it cannot be examined");
        var type = status.Mode & TypeMask;
        if (type is not (TypeRegular or TypeBlockDevice))
            throw new ImageException(ImageFault.Unsupported, FilePath, "it is neither a regular file nor a block device.");
        IsBlockDevice = type == TypeBlockDevice;
        Identity = (((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode);
    }

    /// <summary>The size now.</summary>
    internal long LengthBytes
    {
        get
        {
            var length = NativeMethods.Seek(_handle, 0, NativeMethods.SeekEnd);
            return length >= 0 ? length : throw Failure(Marshal.GetLastPInvokeError(), "its size cannot be read");
        }
    }

    internal virtual void SetLength(long lengthBytes)
    {
        if (NativeMethods.Truncate(_handle, lengthBytes) != 0)
            throw Failure(Marshal.GetLastPInvokeError(), $"its size cannot be set to {lengthBytes} bytes");
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>How many bytes were read.</returns>
    internal unsafe int Read(Span<byte> buffer, long offset)
    {
        var done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                var count = NativeMethods.Read(_handle, start + done, (nuint)(buffer.Length - done), offset + done);
                if (count == 0)
                    break;
                if (count > 0)
                {
                    done += (int)count;
                    continue;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error != ErrorInterrupted)
                    throw Failure(error, $"reading {buffer.Length - done} bytes at offset {offset + done} failed");
            }
        }

        return done;
    }

    /// <exception cref="ImageException"><see cref="ImageFault.Malformed"/>: the file ends before the buffer is full.</exception>
    internal void ReadExactly(Span<byte> buffer, long offset, string what)
    {
        if (Read(buffer, offset) != buffer.Length)
            throw new ImageException(ImageFault.Malformed, FilePath, $"{what} ({buffer.Length} bytes at offset {offset}) reaches beyond the file's end.");
    }

    internal virtual unsafe void Write(ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* start = data)
        {
            var done = 0;
            while (done < data.Length)
            {
                var count = NativeMethods.Write(_handle, start + done, (nuint)(data.Length - done), offset + done);
                if (count > 0)
                {
                    done += (int)count;
                    continue;
                }

                var error = count < 0 ? Marshal.GetLastPInvokeError() : ErrorNoSpace;
                if (error != ErrorInterrupted)
                    throw Failure(error, $"writing {data.Length - done} bytes at offset {offset + done} failed");
            }
        }
    }

    /// <summary>Makes a range inside the file read as zeroes: by a hole where the file system can, else by writing.</summary>
    internal virtual void Zero(long offset, long lengthBytes)
    {
        if (lengthBytes == 0)
            return;
        while (!_cannotPunch)
        {
            if (NativeMethods.Allocate(_handle, NativeMethods.PunchHole | NativeMethods.KeepSize, offset, lengthBytes) == 0)
                return;
            var error = Marshal.GetLastPInvokeError();
            if (error == ErrorInterrupted)
                continue;

            // A device refuses ranges that are not whole sectors (EINVAL): that says nothing about the next range.
            if (error == ErrorInvalid)
                break;
            if (error is not (ErrorNotSupported or ErrorNotImplemented))
                throw Failure(error, $"zeroing {lengthBytes} bytes at offset {offset} failed");
            _cannotPunch = true;
        }

        var zeroes = ZeroBytes.Span;
        while (lengthBytes > 0)
        {
            var count = (int)Math.Min(lengthBytes, zeroes.Length);
            Write(zeroes[..count], offset);
            offset += count;
            lengthBytes -= count;
        }
    }

    private static readonly ReadOnlyMemory<byte> ZeroBytes = new byte[64 << 10];

    /// <summary>The first byte at or after <paramref name="offset"/> that the file system stores; null when only a hole follows.</summary>
    internal long? NextData(long offset)
    {
        var found = NativeMethods.Seek(_handle, offset, NativeMethods.SeekData);
        if (found >= 0)
            return found;
        return Marshal.GetLastPInvokeError() switch
        {
            ErrorNoSuchAddress => null,
            // Devices and some file systems do not tell: then all of it counts as stored.
            ErrorInvalid or ErrorNotSupported or ErrorNotImplemented => offset,
            var error => throw Failure(error, $"finding data after offset {offset} failed"),
        };
    }

    /// <summary>The first byte at or after <paramref name="offset"/> that lies in a hole, or <see cref="long.MaxValue"/> when that is unknown.</summary>
    internal long NextHole(long offset)
    {
        var found = NativeMethods.Seek(_handle, offset, NativeMethods.SeekHole);
        if (found >= 0)
            return found;
        return Marshal.GetLastPInvokeError() switch
        {
            ErrorNoSuchAddress or ErrorInvalid or ErrorNotSupported or ErrorNotImplemented => long.MaxValue,
            var error => throw Failure(error, $"finding a hole after offset {offset} failed"),
        };
    }

    /// <summary>Returns when what was written is on the disk (its data and what is needed to read it).</summary>
    internal virtual void Sync()
    {
        while (NativeMethods.SyncData(_handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != ErrorInterrupted)
                throw Failure(error, "writing it out to the disk failed");
        }
    }

    /// <summary>Asks whether another open file description holds a lock of any kind on one byte.</summary>
    internal bool IsLockedElsewhere(long at)
    {
        var range = new NativeMethods.FileLock { Type = NativeMethods.WriteLock, Start = at, Length = 1 };
        if (NativeMethods.Control(_handle, NativeMethods.GetOpenFileLock, ref range) != 0)
            throw Failure(Marshal.GetLastPInvokeError(), "its locks cannot be read");
        return range.Type != NativeMethods.NoLock;
    }

    /// <summary>Takes a shared lock on one byte, held until this file is closed.</summary>
    /// <returns>False when another holds an exclusive lock there.</returns>
    internal bool TryLockShared(long at)
    {
        const int errorAgain = 11;
        var range = new NativeMethods.FileLock { Type = NativeMethods.ReadLock, Start = at, Length = 1 };
        if (NativeMethods.Control(_handle, NativeMethods.SetOpenFileLock, ref range) == 0)
        {
            _isLocked = true;
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is errorAgain or ErrorAccess ? false : throw Failure(error, "it cannot be locked (does its file system support locks?)");
    }

    public void Dispose()
    {
        Unlock();
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Closing alone would do, were it not for processes that others start at this moment: between fork and exec a child holds a copy of the descriptor, and with it the locks,
    /// and whoever opens the image next would be refused.
    /// </summary>
    private void Unlock()
    {
        if (!_isLocked || _handle.IsClosed)
            return;
        _isLocked = false;
        var all = new NativeMethods.FileLock { Type = NativeMethods.NoLock };
        _ = NativeMethods.Control(_handle, NativeMethods.SetOpenFileLock, ref all);
    }

    private ImageException Failure(int error, string what) => Failure(FilePath, error, what);

    private static ImageException Failure(string path, int error, string what) => new(
        error switch
        {
            ErrorNoEntry => ImageFault.NotFound,
            ErrorExists => ImageFault.Exists,
            ErrorPermission or ErrorAccess or ErrorReadOnly => ImageFault.Denied,
            ErrorNoSpace or ErrorQuota => ImageFault.Full,
            _ => ImageFault.Io,
        },
        path,
        $"{what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
}
