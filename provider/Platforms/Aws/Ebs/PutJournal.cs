using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>
/// Which blocks were put into a snapshot that is still open. EBS tells that of completed snapshots only, and wants their number and checksums at the end; so it is kept beside the
/// copy's own map on the runner. Without it (another machine) an open snapshot is of no use, and is begun anew.
/// </summary>
/// <remarks>Records of 36 bytes: the index and the block's SHA-256; one of zeroes says that the block may have been put. A torn end is cut off. The last record of a block counts.</remarks>
internal sealed class PutJournal : IDisposable
{
    private const int RecordBytes = 4 + 32;
    private const string Sealed = ".sealed";

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private long _end;

    private PutJournal(string path, SafeFileHandle file, long end) => (_path, _file, _end) = (path, file, end);

    internal static string Folder =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? state : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".local", "state"),
            "vmmigrate",
            "ebs");

    internal static string PathOf(string snapshot) => Path.Combine(Folder, snapshot);

    internal static bool Exists(string snapshot) => File.Exists(PathOf(snapshot));

    /// <summary>Whether it was asked to be completed, and takes no more blocks.</summary>
    internal static bool IsSealed(string snapshot) => File.Exists(PathOf(snapshot) + Sealed);

    /// <summary>The blocks of a snapshot that was sealed, by their indices.</summary>
    internal static SortedDictionary<int, byte[]> ReadSealed(string snapshot)
    {
        var put = new SortedDictionary<int, byte[]>();
        var bytes = File.ReadAllBytes(PathOf(snapshot) + Sealed);
        for (var at = 0; at + RecordBytes <= bytes.Length; at += RecordBytes)
        {
            put[BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at))] = bytes[(at + 4)..(at + RecordBytes)];
        }

        return put;
    }

    internal static void Delete(string snapshot)
    {
        try
        {
            File.Delete(PathOf(snapshot));
            File.Delete(PathOf(snapshot) + Sealed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is of no more use, and does no harm: snapshots' ids are never given twice.
        }
    }

    /// <returns>The journal and what it holds; hashes of zeroes for blocks that may or may not have arrived.</returns>
    internal static (PutJournal Journal, Dictionary<int, byte[]> Put) Open(string snapshot)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = File.OpenHandle(PathOf(snapshot), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var put = new Dictionary<int, byte[]>();
        var length = RandomAccess.GetLength(file) / RecordBytes * RecordBytes;
        Span<byte> record = stackalloc byte[RecordBytes];
        for (var at = 0L; at < length; at += RecordBytes)
        {
            RandomAccess.Read(file, record, at);
            put[BinaryPrimitives.ReadInt32LittleEndian(record)] = record[4..].ToArray();
        }

        return (new PutJournal(PathOf(snapshot), file, length), put);
    }

    /// <summary>Before a block is sent: from now on it may be there.</summary>
    internal void Intend(int index) => Write(index, new byte[SHA256.HashSizeInBytes]);

    internal void Done(int index, byte[] hash) => Write(index, hash);

    /// <summary>On the disk, for a machine that dies.</summary>
    internal void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Nothing more is put. It is written down before the snapshot is completed: afterwards nobody could tell.</summary>
    internal void Seal()
    {
        Flush();
        Dispose();
        File.Move(_path, _path + Sealed, overwrite: true);
    }

    public void Dispose() => _file.Dispose();

    private void Write(int index, byte[] hash)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteInt32LittleEndian(record, index);
        hash.CopyTo(record[4..]);
        lock (_gate)
        {
            RandomAccess.Write(_file, record, _end);
            _end += RecordBytes;
        }
    }
}
