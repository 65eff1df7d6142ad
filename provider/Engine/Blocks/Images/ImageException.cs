namespace VmMigrate.Engine.Blocks.Images;

/// <summary>The only exception that opening, reading and writing an image throws for what is in the file or happens to it; wrong arguments stay <see cref="ArgumentException"/>.</summary>
internal sealed class ImageException : IOException
{
    internal ImageException(ImageFault fault, string path, string message, Exception? inner = null)
        : base($"Image {path}: {message}", inner)
    {
        Fault = fault;
        ImagePath = path;
    }

    internal ImageFault Fault { get; }

    internal string ImagePath { get; }
}
