namespace VmMigrate.Engine.Blocks.Images;

/// <summary>What an image says of its backing file, turned into a path and a format.</summary>
internal static class BackingPath
{
    private const string FilePrefix = "file:";

    /// <summary>As QEMU does it: relative to the folder of the image that names it, not to the working directory.</summary>
    internal static string Resolve(string overlayPath, string written)
    {
        var path = written;
        if (path.StartsWith(FilePrefix, StringComparison.Ordinal))
            path = path[FilePrefix.Length..];
        else if (path.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && path.AsSpan(0, colon).IndexOf('/') < 0)
            throw new ImageException(ImageFault.Unsupported, overlayPath, $"its backing file is reached by \"{path[..colon]}:\", and only files of this host are supported.");
        return Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(overlayPath) ?? "", path);
    }

    internal static ImageFormat Format(Qcow2Layer overlay, ImageFormat? whenMissing) => overlay.Header.BackingFormat switch
    {
        "qcow2" => ImageFormat.Qcow2,
        "raw" or "file" or "host_device" => ImageFormat.Raw,
        null or "" => whenMissing ?? throw new ImageException(
            ImageFault.Unsupported, overlay.File.FilePath,
            "it does not say what format its backing file has, and looking into it could be fooled by a guest. Write it in with qemu-img rebase -u -F, or declare it."),
        var other => throw new ImageException(ImageFault.Unsupported, overlay.File.FilePath, $"its backing file has the format \"{other}\"; raw and qcow2 are supported."),
    };
}
