using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>From the driver's errors to those of the block path.</summary>
internal static class EbsFailure
{
    internal static BlockException Map(Exception error, string disk, BlockErrorKind otherwise, long? offset = null) => error switch
    {
        BlockException block => block,
        PlatformException platform => new BlockException(
            platform.Kind switch
            {
                PlatformErrorKind.Unreachable => BlockErrorKind.Unreachable,
                PlatformErrorKind.Lost => BlockErrorKind.Lost,
                PlatformErrorKind.TimedOut or PlatformErrorKind.Busy => BlockErrorKind.TimedOut,
                PlatformErrorKind.Denied => BlockErrorKind.Refused,
                PlatformErrorKind.Full => BlockErrorKind.NoSpace,
                _ => otherwise,
            },
            $"{disk}: {platform.Message}",
            platform.RetryCanHelp,
            platform)
        { Disk = disk, Offset = offset, Code = platform.NativeCode },
        _ => new BlockException(BlockErrorKind.Lost, $"{disk}: {error.Message}", canRetry: true, error) { Disk = disk, Offset = offset },
    };
}
