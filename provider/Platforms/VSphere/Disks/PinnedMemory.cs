using System.Buffers;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>Pinned bytes as memory, for as long as the caller keeps them pinned.</summary>
internal sealed unsafe class PinnedMemory(byte* start, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
