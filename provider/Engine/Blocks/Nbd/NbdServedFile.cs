using Microsoft.Win32.SafeHandles;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A raw file, served. Zeroes are written out, since .NET cannot punch holes; the image classes can.</summary>
internal sealed class NbdServedFile(SafeFileHandle file, bool isReadOnly) : NbdServedDisk
{
    private static readonly byte[] Zeroes = new byte[1 << 20];

    internal override long LengthBytes { get; } = RandomAccess.GetLength(file);

    internal override bool IsReadOnly => isReadOnly;

    internal override void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var got = RandomAccess.Read(file, into, offset);
            if (got == 0)
                throw new EndOfStreamException($"The file ends at {offset}.");
            into = into[got..];
            offset += got;
        }
    }

    internal override void Write(long offset, ReadOnlySpan<byte> content) => RandomAccess.Write(file, content, offset);

    internal override void Zero(long offset, long lengthBytes)
    {
        for (; lengthBytes > 0; lengthBytes -= Zeroes.Length, offset += Zeroes.Length)
            RandomAccess.Write(file, Zeroes.AsSpan(0, (int)Math.Min(lengthBytes, Zeroes.Length)), offset);
    }

    internal override void Flush() => RandomAccess.FlushToDisk(file);
}
