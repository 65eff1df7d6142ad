namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Numbers of the wire, from the NBD project's protocol specification (doc/proto.md).</summary>
internal static class NbdConstants
{
    internal const ulong Magic = 0x4e42444d41474943; // "NBDMAGIC"
    internal const ulong OptionMagic = 0x49484156454F5054; // "IHAVEOPT"
    internal const ulong OldStyleMagic = 0x00420281861253;
    internal const ulong OptionReplyMagic = 0x3e889045565a9;
    internal const uint RequestMagic = 0x25609513;
    internal const uint SimpleReplyMagic = 0x67446698;
    internal const uint StructuredReplyMagic = 0x668e33ef;

    internal const int RequestBytes = 28;
    internal const int SimpleReplyBytes = 16;
    internal const int StructuredReplyBytes = 20;

    internal const ushort HandshakeFixedNewstyle = 1;
    internal const ushort HandshakeNoZeroes = 2;

    internal const uint OptionExportName = 1;
    internal const uint OptionAbort = 2;
    internal const uint OptionList = 3;
    internal const uint OptionStartTls = 5;
    internal const uint OptionInfo = 6;
    internal const uint OptionGo = 7;
    internal const uint OptionStructuredReply = 8;
    internal const uint OptionListMetaContext = 9;
    internal const uint OptionSetMetaContext = 10;

    internal const uint ReplyAck = 1;
    internal const uint ReplyServer = 2;
    internal const uint ReplyInfo = 3;
    internal const uint ReplyMetaContext = 4;
    internal const uint ReplyErrorBit = 1u << 31;
    internal const uint ReplyErrorUnsupported = ReplyErrorBit | 1;
    internal const uint ReplyErrorPolicy = ReplyErrorBit | 2;
    internal const uint ReplyErrorInvalid = ReplyErrorBit | 3;
    internal const uint ReplyErrorTlsRequired = ReplyErrorBit | 5;
    internal const uint ReplyErrorUnknown = ReplyErrorBit | 6;
    internal const uint ReplyErrorBlockSizeRequired = ReplyErrorBit | 8;
    internal const uint ReplyErrorTooBig = ReplyErrorBit | 9;

    internal const ushort InfoExport = 0;
    internal const ushort InfoName = 1;
    internal const ushort InfoDescription = 2;
    internal const ushort InfoBlockSize = 3;

    internal const ushort FlagHasFlags = 1;
    internal const ushort FlagReadOnly = 2;
    internal const ushort FlagSendFlush = 4;
    internal const ushort FlagSendFua = 8;
    internal const ushort FlagSendTrim = 32;
    internal const ushort FlagSendWriteZeroes = 64;
    internal const ushort FlagSendDf = 128;
    internal const ushort FlagCanMultiConn = 256;

    internal const ushort CommandRead = 0;
    internal const ushort CommandWrite = 1;
    internal const ushort CommandDisconnect = 2;
    internal const ushort CommandFlush = 3;
    internal const ushort CommandTrim = 4;
    internal const ushort CommandWriteZeroes = 6;
    internal const ushort CommandBlockStatus = 7;

    internal const ushort CommandFlagFua = 1;
    internal const ushort CommandFlagNoHole = 2;
    internal const ushort CommandFlagDf = 4;
    internal const ushort CommandFlagReqOne = 8;

    internal const ushort ReplyFlagDone = 1;
    internal const ushort ReplyTypeNone = 0;
    internal const ushort ReplyTypeOffsetData = 1;
    internal const ushort ReplyTypeOffsetHole = 2;
    internal const ushort ReplyTypeBlockStatus = 5;
    internal const ushort ReplyTypeErrorBit = 1 << 15;
    internal const ushort ReplyTypeError = ReplyTypeErrorBit | 1;
    internal const ushort ReplyTypeErrorOffset = ReplyTypeErrorBit | 2;

    internal const uint StateHole = 1;
    internal const uint StateZero = 2;
    internal const uint StateDirty = 1;

    internal const string BaseAllocation = "base:allocation";
    internal const string DirtyBitmap = "qemu:dirty-bitmap:";

    /// <summary>No name of an export or a meta context is longer (the specification's limit on strings).</summary>
    internal const int MaxNameBytes = 4096;

    /// <summary>No option reply we understand is longer; a server that announces more is refused instead of read.</summary>
    internal const int MaxOptionReplyBytes = 64 << 10;

    /// <summary>The name of an error number on the wire.</summary>
    internal static string ErrorName(uint error) => error switch
    {
        1 => "EPERM",
        5 => "EIO",
        12 => "ENOMEM",
        22 => "EINVAL",
        28 => "ENOSPC",
        75 => "EOVERFLOW",
        95 => "ENOTSUP",
        108 => "ESHUTDOWN",
        _ => $"error {error}",
    };

    internal static string CommandName(ushort command) => command switch
    {
        CommandRead => "read",
        CommandWrite => "write",
        CommandFlush => "flush",
        CommandTrim => "trim",
        CommandWriteZeroes => "write of zeroes",
        CommandBlockStatus => "block status",
        _ => $"command {command}",
    };

    internal static string OptionReplyName(uint type) => type switch
    {
        ReplyErrorUnsupported => "NBD_REP_ERR_UNSUP",
        ReplyErrorPolicy => "NBD_REP_ERR_POLICY",
        ReplyErrorInvalid => "NBD_REP_ERR_INVALID",
        ReplyErrorBit | 4 => "NBD_REP_ERR_PLATFORM",
        ReplyErrorTlsRequired => "NBD_REP_ERR_TLS_REQD",
        ReplyErrorUnknown => "NBD_REP_ERR_UNKNOWN",
        ReplyErrorBit | 7 => "NBD_REP_ERR_SHUTDOWN",
        ReplyErrorBlockSizeRequired => "NBD_REP_ERR_BLOCK_SIZE_REQD",
        ReplyErrorTooBig => "NBD_REP_ERR_TOO_BIG",
        _ => $"reply {type:x8}",
    };
}
