using System.Buffers.Binary;

namespace VmMigrate.Engine.Blocks.Images;

/// <summary>Guesses a format from a file's first bytes.</summary>
/// <remarks>
/// Only for a file whose content nobody hostile wrote, or as a hint to show to a person. The first bytes of a raw disk are the guest's: a guest that writes a qcow2 header there, naming any
/// file of the host as backing file, would be given that file. So nothing else here calls this, and what it returns must be declared by somebody before the image is opened.
/// </remarks>
internal static class ImageProbe
{
    /// <exception cref="ImageException">It cannot be read, or begins like an image of a format that is not supported.</exception>
    internal static ImageFormat Probe(string path)
    {
        using var file = HostFile.OpenForReading(path);
        Span<byte> head = stackalloc byte[80];
        head.Clear();
        file.Read(head, 0);
        if (BinaryPrimitives.ReadUInt32BigEndian(head) == Qcow2Header.Magic)
            return ImageFormat.Qcow2;
        var other =
            head.StartsWith("KDMV"u8) || head.StartsWith("COWD"u8) || head.StartsWith("# Disk DescriptorFile"u8) ? "vmdk"
            : head.StartsWith("vhdxfile"u8) ? "vhdx"
            : head.StartsWith("conectix"u8) ? "vpc"
            : head.StartsWith("QED\0"u8) ? "qed"
            : BinaryPrimitives.ReadUInt64BigEndian(head) >> 16 == 0x4c554b53babe ? "luks"
            : BinaryPrimitives.ReadUInt32LittleEndian(head[64..]) == 0xbeda107f ? "vdi"
            : null;
        return other is null ? ImageFormat.Raw : throw new ImageException(ImageFault.Unsupported, path, $"it looks like a {other} image; raw and qcow2 are supported.");
    }
}
