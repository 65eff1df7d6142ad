using System.Buffers.Binary;
using System.Text;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>The client's side of the fixed newstyle negotiation, up to NBD_OPT_GO.</summary>
internal static class NbdHandshake
{
    /// <summary>Negotiates on a fresh connection. With TLS the transport is replaced by the secured one.</summary>
    /// <exception cref="BlockException">The server refuses, talks nonsense, is gone or silent.</exception>
    internal static NbdExport Run(ref NbdTransport transport, NbdEndpoint endpoint, NbdOptions options)
    {
        var name = endpoint.ToString();
        Span<byte> hello = stackalloc byte[18];
        transport.ReceiveAll(hello[..16], name);
        if (BinaryPrimitives.ReadUInt64BigEndian(hello) != Magic)
            throw Nonsense(name, "what answers there is not an NBD server");
        var style = BinaryPrimitives.ReadUInt64BigEndian(hello[8..]);
        if (style == OldStyleMagic)
            throw new BlockException(BlockErrorKind.Refused, $"{name}: the server speaks the old style of NBD; fixed newstyle is needed.", canRetry: false) { Disk = name };
        if (style != OptionMagic)
            throw Nonsense(name, "its greeting is not one of NBD");
        transport.ReceiveAll(hello[16..], name);
        var offered = BinaryPrimitives.ReadUInt16BigEndian(hello[16..]);
        if ((offered & HandshakeFixedNewstyle) == 0)
            throw new BlockException(BlockErrorKind.Refused, $"{name}: the server does not offer fixed newstyle negotiation.", canRetry: false) { Disk = name };
        Span<byte> flags = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(flags, offered & (uint)(HandshakeFixedNewstyle | HandshakeNoZeroes));
        transport.Send(flags);

        if (endpoint.Tls)
            transport = StartTls(transport, endpoint, options, name);

        SendOption(transport, OptionStructuredReply, []);
        var structured = ReadReply(transport, OptionStructuredReply, name, out _) == ReplyAck;
        uint? allocation = null, bitmap = null;
        if (structured)
            (allocation, bitmap) = SetMetaContexts(transport, endpoint, options, name);
        if (options.DirtyBitmap is { } wanted && bitmap is null)
        {
            throw new BlockException(BlockErrorKind.Refused, $"{name}: the server has no dirty bitmap \"{wanted}\" on this export.", canRetry: false) { Disk = name };
        }

        return Go(transport, endpoint, name) with { StructuredReplies = structured, AllocationContext = allocation, DirtyBitmapContext = bitmap };
    }

    private static NbdTlsTransport StartTls(NbdTransport transport, NbdEndpoint endpoint, NbdOptions options, string name)
    {
        if (options.Tls is not { } tls)
            throw new BlockException(BlockErrorKind.Refused, $"{name}: the address asks for TLS, but no certificates are declared for it.", canRetry: false) { Disk = name };
        SendOption(transport, OptionStartTls, []);
        var reply = ReadReply(transport, OptionStartTls, name, out var text);
        if (reply != ReplyAck)
            throw Refused(name, "will not start TLS", reply, text);
        return NbdTlsTransport.Client((NbdSocket)transport, endpoint, tls, name);
    }

    private static (uint? Allocation, uint? Bitmap) SetMetaContexts(NbdTransport transport, NbdEndpoint endpoint, NbdOptions options, string name)
    {
        var bitmapName = options.DirtyBitmap is { } b ? DirtyBitmap + b : null;
        var queries = bitmapName is null ? new[] { BaseAllocation } : [BaseAllocation, bitmapName];
        var export = NameBytes(endpoint.Export, name);
        var payload = new byte[4 + export.Length + 4 + queries.Sum(q => 4 + Encoding.UTF8.GetByteCount(q))];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)export.Length);
        export.CopyTo(payload, 4);
        var at = 4 + export.Length;
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(at), (uint)queries.Length);
        at += 4;
        foreach (var query in queries)
        {
            var length = Encoding.UTF8.GetBytes(query, payload.AsSpan(at + 4));
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(at), (uint)length);
            at += 4 + length;
        }

        SendOption(transport, OptionSetMetaContext, payload);
        uint? allocation = null, bitmap = null;
        for (var replies = 0; ; replies++)
        {
            var type = ReadReply(transport, OptionSetMetaContext, name, out var data);
            // Two contexts were asked for; a server that keeps on naming others is not to be listened to for ever.
            if (replies > 16)
                throw Nonsense(name, "it names contexts without end");
            if (type == ReplyAck)
                return (allocation, bitmap);
            if ((type & ReplyErrorBit) != 0)
                return (null, null);
            if (type != ReplyMetaContext || data.Length < 4)
                throw Nonsense(name, "its answer to NBD_OPT_SET_META_CONTEXT makes no sense");
            var context = Encoding.UTF8.GetString(data.AsSpan(4));
            if (context == BaseAllocation)
                allocation = BinaryPrimitives.ReadUInt32BigEndian(data);
            else if (context == bitmapName)
                bitmap = BinaryPrimitives.ReadUInt32BigEndian(data);
        }
    }

    private static NbdExport Go(NbdTransport transport, NbdEndpoint endpoint, string name)
    {
        var export = NameBytes(endpoint.Export, name);
        var payload = new byte[4 + export.Length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)export.Length);
        export.CopyTo(payload, 4);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(4 + export.Length), 1);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(4 + export.Length + 2), InfoBlockSize);
        SendOption(transport, OptionGo, payload);
        NbdExport? found = null;
        uint min = 1, max = 32 << 20;
        for (var replies = 0; ; replies++)
        {
            var type = ReadReply(transport, OptionGo, name, out var data);
            if (replies > 64)
                throw Nonsense(name, "it describes the export without end");
            if (type == ReplyAck)
            {
                return found is null
                    ? throw Nonsense(name, "it opened the export without saying its size")
                    : found with { MinBlockBytes = min, MaxBlockBytes = max };
            }

            if ((type & ReplyErrorBit) != 0)
                throw Refused(name, type == ReplyErrorUnknown ? $"has no export \"{endpoint.Export}\"" : $"will not open export \"{endpoint.Export}\"", type, data);
            if (type != ReplyInfo || data.Length < 2)
                throw Nonsense(name, "its answer to NBD_OPT_GO makes no sense");
            switch (BinaryPrimitives.ReadUInt16BigEndian(data))
            {
                case InfoExport when data.Length == 12:
                    var length = BinaryPrimitives.ReadUInt64BigEndian(data.AsSpan(2));
                    if (length > long.MaxValue / 2)
                        throw Nonsense(name, $"it says that the export has {length} bytes");
                    found = new NbdExport { LengthBytes = (long)length, Flags = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(10)) };
                    break;
                case InfoBlockSize when data.Length == 14:
                    min = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(2));
                    max = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(10));
                    if (min is 0 or > DigestTree.LeafBytes || !uint.IsPow2(min))
                        throw Nonsense(name, $"it wants blocks of at least {min} bytes, and 1 to 65536 are allowed");
                    if (max < min)
                        throw Nonsense(name, $"it wants blocks of at least {min} and at most {max} bytes");
                    if (max < DigestTree.LeafBytes)
                        throw Refused(name, $"takes requests of at most {max} bytes, and {DigestTree.LeafBytes} are needed", ReplyErrorTooBig, []);
                    break;
                case InfoExport or InfoBlockSize:
                    throw Nonsense(name, $"its description of the export has {data.Length} bytes");
            }
        }
    }

    private static byte[] NameBytes(string export, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(export);
        return bytes.Length <= MaxNameBytes
            ? bytes
            : throw new BlockException(BlockErrorKind.Refused, $"{name}: an export's name has at most {MaxNameBytes} bytes.", canRetry: false) { Disk = name };
    }

    private static void SendOption(NbdTransport transport, uint option, ReadOnlySpan<byte> payload)
    {
        var message = new byte[16 + payload.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)payload.Length);
        payload.CopyTo(message.AsSpan(16));
        transport.Send(message);
    }

    private static uint ReadReply(NbdTransport transport, uint option, string name, out byte[] data)
    {
        Span<byte> header = stackalloc byte[20];
        transport.ReceiveAll(header, name);
        if (BinaryPrimitives.ReadUInt64BigEndian(header) != OptionReplyMagic)
            throw Nonsense(name, "an option's reply has the wrong magic number");
        if (BinaryPrimitives.ReadUInt32BigEndian(header[8..]) != option)
            throw Nonsense(name, $"it answered option {BinaryPrimitives.ReadUInt32BigEndian(header[8..])} when asked for option {option}");
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        if (length > MaxOptionReplyBytes)
            throw Nonsense(name, $"it announced an option reply of {length} bytes");
        data = new byte[length];
        transport.ReceiveAll(data, name);
        return BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
    }

    private static BlockException Refused(string name, string what, uint reply, byte[] text)
    {
        var words = ServerText.Clean(text);
        return new BlockException(
            BlockErrorKind.Refused,
            $"{name}: the server {what}: {OptionReplyName(reply)}{(words.Length > 0 ? $" ({words})" : "")}.",
            canRetry: false)
        { Disk = name, Code = OptionReplyName(reply) };
    }

    private static BlockException Nonsense(string name, string what) =>
        new(BlockErrorKind.Protocol, $"{name}: the handshake failed: {what}.", canRetry: false) { Disk = name };
}
