using System.Buffers.Binary;
using static VmMigrate.Engine.Blocks.Nbd.NbdConstants;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>The requests of one client, one after the other. Parallel work comes from several connections.</summary>
internal sealed class NbdServerSession(NbdTransport transport, NbdServedDisk disk, bool structured, bool hasAllocation)
{
    internal const int MaxRequestBytes = 4 << 20;

    /// <summary>No reply to a block status has more extents; the client asks again for the rest.</summary>
    private const int MostExtents = 4096;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 + (512 << 10), pinned: true);

    /// <summary>Serves until the client leaves.</summary>
    /// <exception cref="BlockException">It is gone without leaving, silent, or broke the protocol.</exception>
    internal void Run()
    {
        Span<byte> request = stackalloc byte[RequestBytes];
        while (true)
        {
            transport.ReceiveAll(request, "client");
            if (BinaryPrimitives.ReadUInt32BigEndian(request) != RequestMagic)
                throw Nonsense();
            var flags = BinaryPrimitives.ReadUInt16BigEndian(request[4..]);
            var command = BinaryPrimitives.ReadUInt16BigEndian(request[6..]);
            var cookie = BinaryPrimitives.ReadUInt64BigEndian(request[8..]);
            var offset = BinaryPrimitives.ReadInt64BigEndian(request[16..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(request[24..]);
            if (command == CommandDisconnect)
                return;

            var inside = offset >= 0 && offset <= disk.LengthBytes && length <= disk.LengthBytes - offset;
            if (command == CommandWrite)
            {
                // The content has to be taken from the wire in any case; one that is too long cannot be, so that is the end.
                if (length > MaxRequestBytes)
                    throw Nonsense();
                Need((int)length);
                transport.ReceiveAll(_buffer.AsSpan(64, (int)length), "client");
            }

            if ((command is CommandRead or CommandWrite && length > MaxRequestBytes) || (!inside && command != CommandFlush))
            {
                Fail(command, cookie, command == CommandWrite && !inside ? 28u : 22u);
                continue;
            }

            try
            {
                switch (command)
                {
                    case CommandRead:
                        Read(flags, cookie, offset, (int)length);
                        continue;
                    case CommandBlockStatus when hasAllocation && length > 0:
                        Status(flags, cookie, offset, length);
                        continue;
                    case CommandWrite or CommandTrim or CommandWriteZeroes when disk.IsReadOnly:
                        Fail(command, cookie, 1);
                        continue;
                    case CommandWrite:
                        disk.Write(offset, _buffer.AsSpan(64, (int)length));
                        break;
                    case CommandWriteZeroes:
                        disk.Zero(offset, length);
                        break;
                    case CommandTrim:
                        // Trim is advice, and not to follow it is allowed.
                        break;
                    case CommandFlush:
                        disk.Flush();
                        break;
                    default:
                        Fail(command, cookie, 22);
                        continue;
                }

                if ((flags & CommandFlagFua) != 0 && command != CommandFlush)
                    disk.Flush();
            }
            catch (Exception e) when (e is BlockException { Kind: not (BlockErrorKind.Lost or BlockErrorKind.TimedOut) } or IOException)
            {
                Fail(command, cookie, e is BlockException { Kind: BlockErrorKind.NoSpace } ? 28u : 5u);
                continue;
            }

            Simple(cookie, 0);
        }
    }

    private void Read(ushort flags, ulong cookie, long offset, int length)
    {
        if (!structured)
        {
            Need(length);
            disk.Read(offset, _buffer.AsSpan(64, length));
            var head = _buffer.AsSpan(64 - SimpleReplyBytes, SimpleReplyBytes + length);
            WriteSimple(head, cookie, 0);
            transport.Send(head);
            return;
        }

        if (length == 0)
        {
            Chunk(cookie, ReplyTypeNone, ReplyFlagDone, 0);
            return;
        }

        var whole = (flags & CommandFlagDf) != 0;
        for (var end = offset + length; offset < end;)
        {
            var (run, isZero) = whole ? (end - offset, false) : disk.RunAt(offset, end - offset);
            var done = offset + run == end ? ReplyFlagDone : (ushort)0;
            if (isZero)
            {
                var hole = _buffer.AsSpan(0, StructuredReplyBytes + 12);
                WriteChunk(hole, cookie, ReplyTypeOffsetHole, done, 12);
                BinaryPrimitives.WriteInt64BigEndian(hole[StructuredReplyBytes..], offset);
                BinaryPrimitives.WriteUInt32BigEndian(hole[(StructuredReplyBytes + 8)..], (uint)run);
                transport.Send(hole);
            }
            else
            {
                Need((int)run);
                disk.Read(offset, _buffer.AsSpan(64, (int)run));
                var data = _buffer.AsSpan(64 - StructuredReplyBytes - 8, StructuredReplyBytes + 8 + (int)run);
                WriteChunk(data, cookie, ReplyTypeOffsetData, done, (uint)run + 8);
                BinaryPrimitives.WriteInt64BigEndian(data[StructuredReplyBytes..], offset);
                transport.Send(data);
            }

            offset += run;
        }
    }

    private void Status(ushort flags, ulong cookie, long offset, long length)
    {
        var most = (flags & CommandFlagReqOne) != 0 ? 1 : MostExtents;
        Need(MostExtents * 8);
        var count = 0;
        for (var end = offset + length; offset < end && count < most; count++)
        {
            var (run, isZero) = disk.RunAt(offset, end - offset);
            BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(64 + (count * 8)), (uint)run);
            BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(64 + (count * 8) + 4), isZero ? StateHole | StateZero : 0);
            offset += run;
        }

        var reply = _buffer.AsSpan(64 - StructuredReplyBytes - 4, StructuredReplyBytes + 4 + (count * 8));
        WriteChunk(reply, cookie, ReplyTypeBlockStatus, ReplyFlagDone, (uint)(4 + (count * 8)));
        BinaryPrimitives.WriteUInt32BigEndian(reply[StructuredReplyBytes..], NbdServerHandshake.AllocationContextId);
        transport.Send(reply);
    }

    private void Fail(ushort command, ulong cookie, uint error)
    {
        if (!structured || command is not (CommandRead or CommandBlockStatus))
        {
            Simple(cookie, error);
            return;
        }

        Span<byte> reply = stackalloc byte[StructuredReplyBytes + 6];
        WriteChunk(reply, cookie, ReplyTypeError, ReplyFlagDone, 6);
        BinaryPrimitives.WriteUInt32BigEndian(reply[StructuredReplyBytes..], error);
        BinaryPrimitives.WriteUInt16BigEndian(reply[(StructuredReplyBytes + 4)..], 0);
        transport.Send(reply);
    }

    private void Simple(ulong cookie, uint error)
    {
        Span<byte> reply = stackalloc byte[SimpleReplyBytes];
        WriteSimple(reply, cookie, error);
        transport.Send(reply);
    }

    private void Chunk(ulong cookie, ushort type, ushort flags, uint length)
    {
        Span<byte> reply = stackalloc byte[StructuredReplyBytes];
        WriteChunk(reply, cookie, type, flags, length);
        transport.Send(reply);
    }

    private static void WriteSimple(Span<byte> at, ulong cookie, uint error)
    {
        BinaryPrimitives.WriteUInt32BigEndian(at, SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], error);
        BinaryPrimitives.WriteUInt64BigEndian(at[8..], cookie);
    }

    private static void WriteChunk(Span<byte> at, ulong cookie, ushort type, ushort flags, uint length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(at, StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], flags);
        BinaryPrimitives.WriteUInt16BigEndian(at[6..], type);
        BinaryPrimitives.WriteUInt64BigEndian(at[8..], cookie);
        BinaryPrimitives.WriteUInt32BigEndian(at[16..], length);
    }

    /// <summary>Room for this much content, with 64 bytes in front for the header. Grows once or twice in a connection's life.</summary>
    private void Need(int length)
    {
        if (_buffer.Length < 64 + length)
            _buffer = GC.AllocateUninitializedArray<byte>(64 + length, pinned: true);
    }

    private static BlockException Nonsense() => new(BlockErrorKind.Protocol, "An NBD client broke the protocol.", canRetry: false);
}
