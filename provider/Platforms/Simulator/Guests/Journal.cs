using System.Buffers.Binary;
using System.Collections.Immutable;
using VmMigrate.Platforms.Simulator.Disks;

namespace VmMigrate.Platforms.Simulator.Guests;

/// <summary>
/// What a guest writes. On its first disk: block 0 of 4 KiB holds the number of its last record, the next blocks are a ring of the last records.
/// On each disk: a working set that is overwritten again and again. What is on disk at a moment follows from start and time alone, so it is written
/// only when somebody is about to look, and writing it twice is the same as once.
/// </summary>
internal static class Journal
{
    private const int BlockBytes = 4096;
    private const int MostSlots = 32;
    private const ulong Magic = 0x6C6E_726A_6D69_7376;

    /// <summary>0 for a disk that has no journal yet.</summary>
    internal static long LastRecord(SimulatedDisk disk, string uuid)
    {
        if (Slots(disk) < 1)
        {
            return 0;
        }

        var block = new byte[BlockBytes];
        disk.Read(0, block);
        return Parse(block, uuid);
    }

    internal static long RecordsIn(TimeSpan uptime, GuestOptions guest) => (long)(uptime.TotalSeconds * guest.RecordsPerSecond);

    /// <summary>Brings the first disk to the state after a record.</summary>
    /// <returns>By how many bytes its allocation grew.</returns>
    internal static long Write(SimulatedDisk disk, string uuid, long from, long last)
    {
        var slots = Slots(disk);
        if (slots < 1 || last <= from)
        {
            return 0;
        }

        long grown = 0;
        var block = new byte[BlockBytes];
        for (var number = Math.Max(from + 1, last - slots + 1); number <= last; number++)
        {
            Make(block, uuid, number);
            grown += disk.Write(BlockBytes * (1 + (number % slots)), block);
        }

        Make(block, uuid, last);
        return grown + disk.Write(0, block);
    }

    /// <summary>Brings a disk's working set to the state after so much time.</summary>
    internal static long WriteWorkingSet(SimulatedDisk disk, int diskIndex, string uuid, DateTimeOffset start, TimeSpan uptime, GuestOptions guest)
    {
        // The journal's leaves are left alone.
        var first = diskIndex == 0 ? Leaves(BlockBytes * (1 + (long)MostSlots)) : 0;
        var set = Math.Min(disk.Leaves - first, Leaves(guest.WorkingSetBytes));
        if (set <= 0)
        {
            return 0;
        }

        var written = (long)(uptime.TotalSeconds * guest.BytesPerSecond / SimulatedDisk.LeafBytes);
        var seed = Mixing.Mix(Mixing.Mix((ulong)start.UtcTicks, uuid), (ulong)diskIndex);
        long grown = 0;
        for (var number = Math.Max(0, written - set); number < written; number++)
        {
            grown += disk.WritePattern(first + (number % set), Mixing.Mix(seed, (ulong)number));
        }

        return grown;
    }

    /// <summary>Numbers of those of the last records that are not on the disk as they should be.</summary>
    internal static ImmutableArray<long> Damaged(SimulatedDisk disk, string uuid, long last)
    {
        var slots = Slots(disk);
        var block = new byte[BlockBytes];
        var expected = new byte[BlockBytes];
        var damaged = ImmutableArray.CreateBuilder<long>();
        for (var number = Math.Max(1, last - slots + 1); number <= last; number++)
        {
            Make(expected, uuid, number);
            disk.Read(BlockBytes * (1 + (number % slots)), block);
            if (!block.AsSpan().SequenceEqual(expected))
            {
                damaged.Add(number);
            }
        }

        return damaged.ToImmutable();
    }

    private static int Slots(SimulatedDisk disk) => (int)Math.Min(MostSlots, (disk.LengthBytes / BlockBytes) - 1);

    private static long Leaves(long bytes) => (bytes + SimulatedDisk.LeafBytes - 1) / SimulatedDisk.LeafBytes;

    private static void Make(Span<byte> block, string uuid, long number)
    {
        var seed = Mixing.Mix(Mixing.Mix(Magic, uuid), (ulong)number);
        Mixing.Fill(seed, block);
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(block[8..], number);
    }

    private static long Parse(ReadOnlySpan<byte> block, string uuid)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic)
        {
            return 0;
        }

        var number = BinaryPrimitives.ReadInt64LittleEndian(block[8..]);
        var expected = new byte[BlockBytes];
        Make(expected, uuid, number);
        return block.SequenceEqual(expected) ? number : 0;
    }
}
