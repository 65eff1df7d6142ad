namespace VmMigrate.Engine.Blocks.Images;

/// <summary>What the adapters between images and the copier share.</summary>
internal static class ImageBlocks
{
    /// <summary>More threads than this gain nothing: page cache and one disk are behind them all.</summary>
    internal const int MaxChannels = 8;

    internal static BlockException Failure(ImageException cause, BlockErrorKind otherwise, long? offset = null) => new(
        cause.Fault switch
        {
            ImageFault.Full => BlockErrorKind.NoSpace,
            ImageFault.InUse or ImageFault.Denied or ImageFault.Unsupported => BlockErrorKind.Refused,
            _ => otherwise,
        },
        cause.Message,
        canRetry: cause.Fault is ImageFault.Full or ImageFault.InUse,
        cause)
    {
        Disk = cause.ImagePath,
        Offset = offset,
        Code = cause.Fault.ToString(),
    };

    internal static BlockException Aborted(ImageReader image) =>
        new(BlockErrorKind.Lost, $"{image.FilePath}: the copy was stopped.", canRetry: true) { Disk = image.FilePath };
}
