using System.Buffers.Binary;
using System.Text;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>The server's side of the fixed newstyle negotiation.</summary>
internal static class NbdServerHandshake
{
    internal const uint AllocationContextId = 1;

    /// <summary>A client that has not chosen after so many options is let go.</summary>
    private const int MostOptions = 64;

    /// <summary>Negotiates. Null: the client left in an orderly manner.</summary>
    /// <exception cref="BlockException">The client broke the protocol, is gone or silent.</exception>
    internal static NbdServerSession? Run(ref NbdTransport transport, NbdSocket socket, IReadOnlyDictionary<string, NbdServedDisk> exports, NbdTls? tls)
    {
        Span<byte> hello = stackalloc byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(hello, Magic);
        BinaryPrimitives.WriteUInt64BigEndian(hello[8..], OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(hello[16..], HandshakeFixedNewstyle | HandshakeNoZeroes);
        transport.Send(hello);
        Span<byte> flags = stackalloc byte[4];
        transport.ReceiveAll(flags, "client");
        var noZeroes = (BinaryPrimitives.ReadUInt32BigEndian(flags) & HandshakeNoZeroes) != 0;
        var secured = false;
        var structured = false;
        string? contextOf = null;
        Span<byte> header = stackalloc byte[16];
        for (var options = 0; options < MostOptions; options++)
        {
            transport.ReceiveAll(header, "client");
            if (BinaryPrimitives.ReadUInt64BigEndian(header) != OptionMagic)
                throw Nonsense();
            var option = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
            if (length > MaxOptionReplyBytes)
                throw Nonsense();
            var data = new byte[length];
            transport.ReceiveAll(data, "client");
            if (tls is not null && !secured && option is not (OptionStartTls or OptionAbort))
            {
                // The old way to open an export has no way to say no.
                if (option == OptionExportName)
                    throw Nonsense();
                Reply(transport, option, ReplyErrorTlsRequired, "TLS is required here"u8);
                continue;
            }

            switch (option)
            {
                case OptionAbort:
                    Reply(transport, option, ReplyAck, []);
                    return null;
                case OptionStartTls when tls is not null && !secured && length == 0:
                    Reply(transport, option, ReplyAck, []);
                    transport = NbdTlsTransport.Server(socket, tls, "an NBD client");
                    secured = true;
                    // What was agreed in the clear counts for nothing (proto.md on NBD_OPT_STARTTLS).
                    structured = false;
                    contextOf = null;
                    break;
                case OptionStructuredReply when length == 0:
                    structured = true;
                    Reply(transport, option, ReplyAck, []);
                    break;
                case OptionList when length == 0:
                    foreach (var name in exports.Keys)
                    {
                        var text = Encoding.UTF8.GetBytes(name);
                        var entry = new byte[4 + text.Length];
                        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)text.Length);
                        text.CopyTo(entry, 4);
                        Reply(transport, option, ReplyServer, entry);
                    }

                    Reply(transport, option, ReplyAck, []);
                    break;
                case OptionSetMetaContext or OptionListMetaContext:
                    if (!structured || !TryReadString(data, 0, out var contextExport, out var at) || !exports.ContainsKey(contextExport))
                    {
                        Reply(transport, option, structured ? ReplyErrorUnknown : ReplyErrorInvalid, []);
                        break;
                    }

                    var asked = Queries(data, at, isList: option == OptionListMetaContext);
                    if (asked)
                    {
                        var context = new byte[4 + BaseAllocation.Length];
                        BinaryPrimitives.WriteUInt32BigEndian(context, AllocationContextId);
                        Encoding.ASCII.GetBytes(BaseAllocation, context.AsSpan(4));
                        Reply(transport, option, ReplyMetaContext, context);
                    }

                    if (option == OptionSetMetaContext)
                        contextOf = asked ? contextExport : null;
                    Reply(transport, option, ReplyAck, []);
                    break;
                case OptionGo or OptionInfo:
                    if (!TryReadString(data, 0, out var wanted, out _))
                    {
                        Reply(transport, option, ReplyErrorInvalid, []);
                        break;
                    }

                    if (!exports.TryGetValue(wanted, out var disk))
                    {
                        Reply(transport, option, ReplyErrorUnknown, "there is no such export"u8);
                        break;
                    }

                    SendInfo(transport, option, disk);
                    Reply(transport, option, ReplyAck, []);
                    if (option == OptionGo)
                        return new NbdServerSession(transport, disk, structured, contextOf == wanted);
                    break;
                case OptionExportName:
                    if (!exports.TryGetValue(Encoding.UTF8.GetString(data), out var opened))
                        throw Nonsense();
                    var reply = new byte[noZeroes ? 10 : 134];
                    BinaryPrimitives.WriteInt64BigEndian(reply, opened.LengthBytes);
                    BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(8), Flags(opened));
                    transport.Send(reply);
                    return new NbdServerSession(transport, opened, structured, contextOf == Encoding.UTF8.GetString(data));
                default:
                    Reply(transport, option, ReplyErrorUnsupported, []);
                    break;
            }
        }

        throw Nonsense();
    }

    private static ushort Flags(NbdServedDisk disk) => (ushort)(FlagHasFlags | FlagSendFlush | FlagSendFua | FlagSendDf | FlagCanMultiConn
        | (disk.IsReadOnly ? FlagReadOnly : FlagSendTrim | FlagSendWriteZeroes));

    private static void SendInfo(NbdTransport transport, uint option, NbdServedDisk disk)
    {
        Span<byte> export = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(export, InfoExport);
        BinaryPrimitives.WriteInt64BigEndian(export[2..], disk.LengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(export[10..], Flags(disk));
        Reply(transport, option, ReplyInfo, export);
        Span<byte> sizes = stackalloc byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(sizes, InfoBlockSize);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[2..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[6..], DigestTree.LeafBytes);
        BinaryPrimitives.WriteUInt32BigEndian(sizes[10..], NbdServerSession.MaxRequestBytes);
        Reply(transport, option, ReplyInfo, sizes);
    }

    private static bool TryReadString(byte[] data, int at, out string text, out int next)
    {
        text = "";
        next = at;
        if (data.Length - at < 4)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
        if (length > MaxNameBytes || length > data.Length - at - 4)
            return false;
        text = Encoding.UTF8.GetString(data, at + 4, (int)length);
        next = at + 4 + (int)length;
        return true;
    }

    /// <summary>Whether base:allocation is among the queries; an empty list asks for all.</summary>
    private static bool Queries(byte[] data, int at, bool isList)
    {
        if (data.Length - at < 4)
            return false;
        var count = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
        at += 4;
        if (count == 0)
            return isList;
        for (var i = 0; i < count && TryReadString(data, at, out var query, out at); i++)
        {
            if (query == BaseAllocation || (isList && query == "base:"))
                return true;
        }

        return false;
    }

    private static void Reply(NbdTransport transport, uint option, uint type, ReadOnlySpan<byte> data)
    {
        var message = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(message, OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), type);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), (uint)data.Length);
        data.CopyTo(message.AsSpan(20));
        transport.Send(message);
    }

    private static BlockException Nonsense() => new(BlockErrorKind.Protocol, "An NBD client broke the protocol in the handshake.", canRetry: false);
}
