using System.Buffers.Binary;
using VmMigrate.Engine.Blocks.Nbd;

namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>A disk of any size on which each 8 bytes hold their own place. (nbdkit's pattern plugin is the same, but nbdkit 1.32 aborts when a client vanishes amid its reads.)</summary>
internal sealed class ServedPattern(long length) : NbdServedDisk
{
    internal override long LengthBytes => length;

    internal override bool IsReadOnly => true;

    internal override void Read(long offset, Span<byte> into)
    {
        // Requests of the copier are multiples of 8 bytes; others are not made here.
        for (var i = 0; i < into.Length; i += 8)
            BinaryPrimitives.WriteInt64BigEndian(into[i..], offset + i + 1);
    }

    internal override void Write(long offset, ReadOnlySpan<byte> content) => throw new NotSupportedException();

    internal override void Zero(long offset, long lengthBytes) => throw new NotSupportedException();

    internal override void Flush()
    {
    }

    internal static NbdServer Serve(Scratch scratch, long length) => NbdServer.Start(
        NbdEndpoint.Unix(scratch.NewSocket()), new Dictionary<string, NbdServedDisk> { ["pattern"] = new ServedPattern(length) }, null, TimeSpan.FromSeconds(30));
}
