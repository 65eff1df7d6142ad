using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Slices of L2 tables, in the machine's byte order, for all layers of a chain within one limit of memory.</summary>
/// <remarks>A slice that was handed out stays valid after it was dropped: it is never reused, so a reader needs no lock while it works with one.</remarks>
internal sealed class Qcow2TableCache(int limitBytes)
{
    /// <summary>16 KiB hold 2048 entries, 128 MiB of disk at 64 KiB clusters: few reads for a sequential pass, little waste for a scattered one.</summary>
    internal const int SliceBytes = 16 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<(HostFile File, long Offset), Slice> _slices = [];
    private readonly Queue<Slice> _clock = [];
    private int _held;

    internal ReadOnlySpan<ulong> Get(HostFile file, long offset, int lengthBytes)
    {
        lock (_gate)
        {
            if (_slices.TryGetValue((file, offset), out var held))
            {
                held.WasUsed = true;
                return held.Entries;
            }
        }

        // Read outside the lock: two threads may read one slice twice, which harms nothing.
        var slice = new Slice(file, offset, new ulong[lengthBytes / 8]);
        file.ReadExactly(MemoryMarshal.AsBytes(slice.Entries.AsSpan()), offset, "a part of an L2 table");
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(slice.Entries, slice.Entries);
        lock (_gate)
        {
            if (_slices.TryAdd((file, offset), slice))
            {
                _clock.Enqueue(slice);
                _held += lengthBytes;
                Evict();
            }
        }

        return slice.Entries;
    }

    /// <summary>Drops the oldest that was not used since the hand passed it last (second chance).</summary>
    private void Evict()
    {
        while (_held > limitBytes && _clock.Count > 1)
        {
            var oldest = _clock.Dequeue();
            if (oldest.WasUsed)
            {
                oldest.WasUsed = false;
                _clock.Enqueue(oldest);
                continue;
            }

            _slices.Remove((oldest.File, oldest.Offset));
            _held -= oldest.Entries.Length * 8;
        }
    }

    private sealed class Slice(HostFile file, long offset, ulong[] entries)
    {
        internal HostFile File { get; } = file;

        internal long Offset { get; } = offset;

        internal ulong[] Entries { get; } = entries;

        internal bool WasUsed { get; set; }
    }
}
