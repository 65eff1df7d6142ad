using System.Collections;
using Microsoft.Win32.SafeHandles;
using VmMigrate.Engine.Blocks;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>
/// What was written to a disk that can only be written whole, kept in a sparse file on this machine until it is sent. The file has no name, so it
/// is gone with this process whatever happens. Safe for several threads that write different leaves.
/// </summary>
internal sealed class Spool : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _lengthBytes;
    private readonly BitArray _written;
    private readonly Lock _gate = new();

    internal Spool(long lengthBytes)
    {
        _lengthBytes = lengthBytes;
        _written = new BitArray(checked((int)((lengthBytes + DigestTree.LeafBytes - 1) / DigestTree.LeafBytes)));
        var path = Path.Combine(Path.GetTempPath(), $"vmmigrate-spool-{Guid.NewGuid():n}");
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.None);
        File.Delete(path);
        RandomAccess.SetLength(_file, lengthBytes);
    }

    /// <summary>Something was written since the last <see cref="Clear"/>.</summary>
    internal bool IsDirty { get; private set; }

    internal void Write(long offset, ReadOnlySpan<byte> content)
    {
        RandomAccess.Write(_file, content, offset);
        Mark(offset, content.Length);
    }

    internal void WriteZeroes(long offset, long lengthBytes)
    {
        for (var leaf = offset / DigestTree.LeafBytes; leaf * DigestTree.LeafBytes < offset + lengthBytes; leaf++)
        {
            // What was never written reads as zeroes from the file by itself.
            if (IsWritten(leaf))
            {
                var start = leaf * DigestTree.LeafBytes;
                RandomAccess.Write(_file, new byte[Math.Min(DigestTree.LeafBytes, _lengthBytes - start)], start);
            }
        }

        Mark(offset, lengthBytes);
    }

    internal bool IsWritten(long leaf)
    {
        lock (_gate)
        {
            return _written[(int)leaf];
        }
    }

    /// <summary>The end of the run of leaves from this one on that were all written, or all not.</summary>
    internal long EndOfRun(long offset, long mostBytes)
    {
        lock (_gate)
        {
            var leaf = (int)(offset / DigestTree.LeafBytes);
            var kind = _written[leaf];
            while (leaf < _written.Length && _written[leaf] == kind && ((long)leaf * DigestTree.LeafBytes) - offset < mostBytes)
            {
                leaf++;
            }

            return Math.Min(_lengthBytes, (long)leaf * DigestTree.LeafBytes);
        }
    }

    internal void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var count = RandomAccess.Read(_file, into, offset);
            if (count == 0)
            {
                throw new IOException("the spool ended early");
            }

            into = into[count..];
            offset += count;
        }
    }

    /// <summary>All of it has been sent.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _written.SetAll(false);
            IsDirty = false;
            RandomAccess.SetLength(_file, 0);
            RandomAccess.SetLength(_file, _lengthBytes);
        }
    }

    public void Dispose() => _file.Dispose();

    private void Mark(long offset, long lengthBytes)
    {
        lock (_gate)
        {
            IsDirty = true;
            for (var leaf = offset / DigestTree.LeafBytes; leaf * DigestTree.LeafBytes < offset + lengthBytes; leaf++)
            {
                _written[(int)leaf] = true;
            }
        }
    }
}
