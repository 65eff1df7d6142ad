using System.Collections.Concurrent;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>The provider's end of a relay: one disk, and channels on it. A thread sorts what comes; a timer ends what hangs.</summary>
internal sealed class RelayConnection : IDisposable
{
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private readonly RelayWire _wire;
    private readonly Action _cut;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<int, RelayMailbox> _boxes = new();
    private readonly Lock _asking = new();
    private readonly RelayMailbox _own;
    private readonly ITimer _watch;
    private readonly byte[] _room = new byte[RelayProtocol.MostPayload];
    private int _channels;
    private volatile bool _isAsking = true;
    private volatile BlockException? _failure;

    private RelayConnection(Stream from, Stream to, string peer, Action cut, TimeProvider time)
    {
        (_cut, _time) = (cut, time);
        _wire = new RelayWire(from, to, peer, time);
        _own = _boxes[0] = new RelayMailbox(4);
        Peer = peer;
        _watch = time.CreateTimer(_ => Watch(), null, RelayProtocol.PingEvery, RelayProtocol.PingEvery);
    }

    internal string Peer { get; }

    internal long LengthBytes { get; private set; }

    /// <summary>How the far end reaches the disk.</summary>
    internal string Description { get; private set; } = "";

    internal bool HasMap { get; private set; }

    internal bool IsOver => _failure is not null;

    internal RelayWire Wire => _wire;

    internal TimeProvider Time => _time;

    /// <summary>Greets the other end, and opens the disk there. Blocks; cancelling cuts the streams.</summary>
    /// <param name="cut">Ends both streams, from any thread, so that whoever waits wakes.</param>
    /// <exception cref="BlockException">No relay there, another version, or the disk cannot be opened.</exception>
    internal static RelayConnection Open(Stream from, Stream to, string peer, RelayDiskRequest disk, Action cut, TimeProvider time, CancellationToken cancellation)
    {
        var connection = new RelayConnection(from, to, peer, cut, time);
        try
        {
            using var limit = new CancellationTokenSource(StallLimit, time);
            using var _ = cancellation.UnsafeRegister(static c => ((Action)c!)(), cut);
            using var __ = limit.Token.UnsafeRegister(static c => ((Action)c!)(), cut);
            connection._wire.Greet();
            RelayProtocol.ReadGreeting(from, peer);
            new Thread(connection.Sort) { IsBackground = true, Name = $"relay of {peer}" }.Start();
            connection._wire.Send(
                RelayFrameType.OpenDisk, 0,
                new RelayBuilder().Byte(disk.Writable ? (byte)1 : (byte)0).Int64(disk.LengthBytes ?? -1).Text(disk.Path).Text(disk.Format).Written);
            var opened = new RelayPayload(connection.Wait(connection._own, RelayFrameType.DiskOpened, connection._room, null), peer);
            connection.HasMap = opened.Byte() == 1;
            connection.LengthBytes = opened.Int64();
            connection.Description = opened.Text();
            connection._isAsking = false;
            return connection.LengthBytes >= 0 ? connection : throw RelayProtocol.Nonsense(peer, "a negative length");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            connection.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw connection.Lost(e);
        }
        catch
        {
            connection.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Opens a channel of the disk, for one thread.</summary>
    internal (int Number, RelayMailbox Box) OpenChannel(bool writes)
    {
        var number = Interlocked.Increment(ref _channels);
        if (number > ushort.MaxValue)
            throw new BlockException(BlockErrorKind.Lost, $"{Peer}: too many channels were opened; begin anew.", canRetry: true) { Disk = Peer };
        var box = _boxes[number] = new RelayMailbox(RelayProtocol.MostOutstanding + 8);
        try
        {
            Send(RelayFrameType.OpenChannel, number, [writes ? (byte)1 : (byte)0]);
            Wait(box, RelayFrameType.ChannelOpened, new byte[RelayProtocol.MostText], null);
            return (number, box);
        }
        catch
        {
            _boxes.TryRemove(number, out _);
            throw;
        }
    }

    internal void CloseChannel(int number)
    {
        _boxes.TryRemove(number, out _);
        try
        {
            if (!IsOver)
                Send(RelayFrameType.CloseChannel, number, []);
        }
        catch (BlockException)
        {
            // Over already.
        }
    }

    internal void Send(RelayFrameType type, int channel, ReadOnlySpan<byte> payload)
    {
        try
        {
            _wire.Send(type, channel, payload);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Lost(e);
        }
    }

    internal void Send(RelayFrameType type, int channel, ReadOnlySpan<byte> raw, RelayChoice choice, RelayPacker packer)
    {
        try
        {
            _wire.Send(type, channel, raw, choice, packer);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Lost(e);
        }
    }

    /// <summary>The next frame of a channel, which has to be of this type, unpacked into <paramref name="room"/>.</summary>
    /// <exception cref="BlockException">The other end failed, is gone or silent, or sent something else.</exception>
    internal ReadOnlySpan<byte> Wait(RelayMailbox box, RelayFrameType expected, byte[] room, RelayUnpacker? unpacker)
    {
        if (!box.TryTake(StallLimit, out var frame))
        {
            if (box.IsAborted)
                throw new BlockException(BlockErrorKind.Lost, $"{Peer}: the copy was stopped.", canRetry: true) { Disk = Peer };
            var failure = _failure ?? new BlockException(BlockErrorKind.TimedOut, $"{Peer}: no answer for {StallLimit.TotalSeconds:0} s.", canRetry: true) { Disk = Peer };
            Fail(failure);
            throw Again(failure);
        }

        var payload = _wire.Open(frame, room, unpacker);
        if (frame.Type == RelayFrameType.Failed)
        {
            var read = new RelayPayload(payload, Peer);
            var (kind, canRetry, offset, message, code) = (read.Byte(), read.Byte() == 1, read.Int64(), read.Text(), read.Text());
            throw new BlockException(kind <= (byte)BlockErrorKind.Mismatch ? (BlockErrorKind)kind : BlockErrorKind.Protocol, message, canRetry)
            { Disk = Peer, Offset = offset < 0 ? null : offset, Code = code.Length == 0 ? null : code };
        }

        return frame.Type == expected ? payload : throw RelayProtocol.Nonsense(Peer, $"a frame of type {(int)frame.Type} where {expected} was due");
    }

    /// <summary>The map for resuming; null where there is none.</summary>
    /// <exception cref="IOException">It cannot be read there.</exception>
    internal byte[]? LoadMap()
    {
        lock (_asking)
        {
            byte[]? map = null;
            for (var at = 0; map is null || at < map.Length;)
            {
                var read = Ask(RelayFrameType.LoadMap, new RelayBuilder().Int64(at).Written);
                var (exists, length) = (read.Byte() == 1, read.Int64());
                var part = read.Rest();
                if (!exists)
                    return null;
                if (length is < 0 or > RelayProtocol.MostMap || (map is not null && map.Length != length) || part.Length > length - at || (part.IsEmpty && at < length))
                    throw RelayProtocol.Nonsense(Peer, "a part of a map that does not fit");
                map ??= new byte[length];
                part.CopyTo(map.AsSpan(at));
                at += part.Length;
            }

            return map;
        }
    }

    /// <exception cref="IOException">It cannot be saved there.</exception>
    internal int SaveMap(ReadOnlySpan<byte> map)
    {
        lock (_asking)
        {
            for (var at = 0; ;)
            {
                var part = map.Slice(at, Math.Min(map.Length - at, RelayProtocol.MapPartBytes));
                var isLast = at + part.Length == map.Length;
                Ask(RelayFrameType.SaveMap, new RelayBuilder().Int64(at).Byte(isLast ? (byte)1 : (byte)0).Bytes(part).Written);
                at += part.Length;
                if (isLast)
                    return at;
            }
        }
    }

    internal int DeleteMap()
    {
        lock (_asking)
        {
            Ask(RelayFrameType.DeleteMap, []);
            return 0;
        }
    }

    /// <summary>Asks about the map, and waits for the answer. Under the lock for that.</summary>
    private RelayPayload Ask(RelayFrameType what, ReadOnlySpan<byte> payload)
    {
        _isAsking = true;
        try
        {
            Send(what, 0, payload);
            return new RelayPayload(Wait(_own, RelayFrameType.Map, _room, null), Peer);
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.WriteFailed)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            _isAsking = false;
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        Fail(new BlockException(BlockErrorKind.Lost, $"{Peer}: the relay was closed.", canRetry: true) { Disk = Peer });
    }

    private void Sort()
    {
        try
        {
            while (true)
            {
                var frame = _wire.Receive();
                if (frame.Type == RelayFrameType.Pong)
                {
                    _wire.Open(frame, null, null);
                }
                else if (frame.Channel == 0 && frame.Type == RelayFrameType.Failed && !_isAsking)
                {
                    // Nobody has asked: the other end gives up, and says why.
                    _own.Put(frame);
                    Wait(_own, RelayFrameType.Pong, _room, null);
                }
                else if (!_boxes.TryGetValue(frame.Channel, out var box))
                {
                    // Of a channel that was closed meanwhile.
                    System.Buffers.ArrayPool<byte>.Shared.Return(frame.Wire);
                }
                else if (!box.Put(frame))
                {
                    throw RelayProtocol.Nonsense(Peer, "more than was asked for");
                }
            }
        }
        catch (BlockException e)
        {
            Fail(e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Fail(Lost(e));
        }
    }

    private void Watch()
    {
        if (_wire.Waiting > StallLimit)
        {
            Fail(new BlockException(BlockErrorKind.TimedOut, $"{Peer}: nothing was taken for {StallLimit.TotalSeconds:0} s.", canRetry: true) { Disk = Peer });
            return;
        }

        if (_wire.Waiting > TimeSpan.Zero || IsOver)
            return;
        try
        {
            _wire.Send(RelayFrameType.Ping, 0, []);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Fail(Lost(e));
        }
    }

    private void Fail(BlockException failure)
    {
        _failure ??= failure;
        foreach (var box in _boxes.Values)
            box.Close();
        _cut();
    }

    private BlockException Lost(Exception e) => _failure is { } known ? Again(known) : new(BlockErrorKind.Lost, $"{Peer}: the link was lost: {e.Message}", canRetry: true, e) { Disk = Peer };

    /// <summary>The same failure for another thread: an exception is not thrown twice.</summary>
    private static BlockException Again(BlockException e) => new(e.Kind, e.Message, e.CanRetry, e) { Disk = e.Disk, Offset = e.Offset, Code = e.Code };
}
