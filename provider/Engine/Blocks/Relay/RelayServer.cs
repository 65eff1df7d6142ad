using System.Collections.Concurrent;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>Which disk a relay is to open, in its host's words.</summary>
internal sealed record RelayDiskRequest(string Path, string Format, long? LengthBytes, bool Writable);

/// <summary>The end of a relay beside the disk: reads, digests, packs and writes there, as it is asked over one stream. Ends with the stream, or when it hears nothing for a minute.</summary>
/// <param name="open">Opens the one disk that is asked for.</param>
internal sealed class RelayServer(Stream from, Stream to, Func<RelayDiskRequest, CancellationToken, Task<DiskAccess>> open, TimeProvider time) : IDisposable
{
    private const string Peer = "the provider";

    private static readonly TimeSpan Silence = RelayProtocol.PingEvery * 4;

    private readonly RelayWire _wire = new(from, to, Peer, time);
    private readonly ConcurrentDictionary<int, RelayServerChannel> _channels = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _noting = new();
    private readonly MemoryStream _saving = new();
    private DiskAccess? _disk;
    private byte[]? _loaded;
    private BlockReader? _reader;
    private BlockWriter? _writer;
    private long _heard = time.GetTimestamp();

    /// <returns>Whether the other end behaved; what it did wrong was told to it.</returns>
    internal async Task<bool> RunAsync(Action giveUp)
    {
        // A peer that sends nothing, or takes nothing, for long is gone, whatever its connection says: the disk must become free.
        using var watch = time.CreateTimer(
            _ =>
            {
                if (time.GetElapsedTime(Interlocked.Read(ref _heard)) > Silence || _wire.Waiting > Silence)
                    giveUp();
            }, null, RelayProtocol.PingEvery, RelayProtocol.PingEvery);
        try
        {
            _wire.Greet();
            RelayProtocol.ReadGreeting(from, Peer);
            var room = new byte[RelayProtocol.MostPayload];
            while (true)
            {
                var frame = _wire.Receive();
                Interlocked.Exchange(ref _heard, time.GetTimestamp());
                if (frame.Channel != 0)
                    Pass(frame);
                else
                    await AnswerAsync(frame.Type, _wire.Open(frame, room, null).ToArray());
            }
        }
        catch (BlockException e) when (e.Kind == BlockErrorKind.Lost)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return true;
        }
        catch (BlockException e)
        {
            TrySendFailure(0, e);
            return false;
        }
        finally
        {
            await _stop.CancelAsync();
            foreach (var channel in _channels.Values)
                channel.Stop();
            foreach (var channel in _channels.Values)
                channel.Dispose();
            if (_reader is not null)
                await _reader.DisposeAsync();
            if (_writer is not null)
                await _writer.DisposeAsync();
            if (_disk is not null)
                await _disk.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _saving.Dispose();
    }

    private void Pass(RelayFrame frame)
    {
        switch (frame.Type)
        {
            case RelayFrameType.OpenChannel:
                var writes = new RelayPayload(_wire.Open(frame, null, null), Peer).Byte() == 1;
                if (_channels.Count >= RelayProtocol.MostChannels || _channels.ContainsKey(frame.Channel))
                    throw RelayProtocol.Nonsense(Peer, "a channel too many");
                _channels[frame.Channel] = new RelayServerChannel(_wire, frame.Channel, Side(writes), time, TrySendFailure);
                break;
            case RelayFrameType.CloseChannel:
                _wire.Open(frame, null, null);
                if (_channels.TryRemove(frame.Channel, out var closed))
                    closed.Dispose();
                break;
            default:
                if (!_channels.TryGetValue(frame.Channel, out var channel))
                    throw RelayProtocol.Nonsense(Peer, $"a frame for channel {frame.Channel}, which is not open");
                channel.Take(frame);
                break;
        }
    }

    private (BlockReader? Reader, BlockWriter? Writer) Side(bool writes)
    {
        if (_disk is null)
            throw RelayProtocol.Nonsense(Peer, "a channel before a disk");
        lock (_noting)
        {
            try
            {
                return writes ? (null, _writer ??= _disk.OpenWriter()) : (_reader ??= _disk.OpenReader(), null);
            }
            catch (InvalidOperationException)
            {
                throw RelayProtocol.Nonsense(Peer, "a request to write to a disk that is open for reading");
            }
        }
    }

    private async Task AnswerAsync(RelayFrameType type, byte[] payload)
    {
        try
        {
            switch (type)
            {
                case RelayFrameType.OpenDisk:
                    await OpenDiskAsync(payload);
                    break;
                case RelayFrameType.LoadMap:
                    await LoadMapAsync(payload);
                    break;
                case RelayFrameType.SaveMap:
                    await SaveMapAsync(payload);
                    break;
                case RelayFrameType.DeleteMap:
                    await Map().DeleteAsync(_stop.Token);
                    SendMapPart(null, 0);
                    break;
                case RelayFrameType.Ping:
                    _wire.Send(RelayFrameType.Pong, 0, []);
                    break;
                default:
                    throw RelayProtocol.Nonsense(Peer, $"a frame of type {(int)type}");
            }
        }
        catch (PlatformException e)
        {
            var kind = e.Kind is PlatformErrorKind.Busy or PlatformErrorKind.Unreachable or PlatformErrorKind.Lost or PlatformErrorKind.TimedOut ? BlockErrorKind.Unreachable : BlockErrorKind.Refused;
            TrySendFailure(0, new BlockException(kind, e.Message, e.RetryCanHelp) { Code = e.Kind.ToString() });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && type is RelayFrameType.LoadMap or RelayFrameType.SaveMap or RelayFrameType.DeleteMap)
        {
            TrySendFailure(0, new BlockException(BlockErrorKind.WriteFailed, $"the map for resuming: {e.Message}", canRetry: false));
        }
    }

    private async Task OpenDiskAsync(byte[] payload)
    {
        if (_disk is not null)
            throw RelayProtocol.Nonsense(Peer, "a second disk");
        var read = new RelayPayload(payload, Peer);
        var (flags, length, path, format) = (read.Byte(), read.Int64(), read.Text(), read.Text());
        _disk = await open(new RelayDiskRequest(path, format, length < 0 ? null : length, (flags & 1) != 0), _stop.Token);
        _wire.Send(
            RelayFrameType.DiskOpened, 0,
            new RelayBuilder().Byte(_disk.Resume is null ? (byte)0 : (byte)1).Int64(_disk.LengthBytes).Text(_disk.Description).Written);
    }

    private ResumeStore Map() => _disk?.Resume ?? throw RelayProtocol.Nonsense(Peer, "a map for a disk that has none");

    /// <summary>A part of the map from an offset on; the first is read from the store, the others are of what was read then.</summary>
    private async Task LoadMapAsync(byte[] payload)
    {
        var offset = new RelayPayload(payload, Peer).Int64();
        if (offset == 0)
            _loaded = await Map().LoadAsync(_stop.Token);
        if (_loaded is { } map && (offset < 0 || offset > map.Length))
            throw RelayProtocol.Nonsense(Peer, "an offset behind the map's end");
        SendMapPart(_loaded, (int)offset);
    }

    /// <summary>Parts come in order; the last one has the map saved.</summary>
    private async Task SaveMapAsync(byte[] payload)
    {
        if (Take() is { } whole)
            await Map().SaveAsync(whole, _stop.Token);
        SendMapPart(null, 0);

        ReadOnlyMemory<byte>? Take()
        {
            var read = new RelayPayload(payload, Peer);
            var (offset, isLast) = (read.Int64(), read.Byte() == 1);
            var part = read.Rest();
            if (offset == 0)
                _saving.SetLength(0);
            if (offset != _saving.Length || offset + part.Length > RelayProtocol.MostMap)
                throw RelayProtocol.Nonsense(Peer, "a part of a map that does not fit");
            _saving.Write(part);
            return isLast ? _saving.GetBuffer().AsMemory(0, (int)_saving.Length) : null;
        }
    }

    private void SendMapPart(byte[]? map, int offset)
    {
        var part = map.AsSpan(Math.Min(offset, map?.Length ?? 0));
        _wire.Send(
            RelayFrameType.Map, 0,
            new RelayBuilder().Byte(map is null ? (byte)0 : (byte)1).Int64(map?.Length ?? 0).Bytes(part[..Math.Min(part.Length, RelayProtocol.MapPartBytes)]).Written);
        if (part.Length <= RelayProtocol.MapPartBytes)
            _loaded = null;
    }

    private void TrySendFailure(int channel, BlockException e)
    {
        try
        {
            _wire.Send(
                RelayFrameType.Failed, channel,
                new RelayBuilder().Byte((byte)e.Kind).Byte(e.CanRetry ? (byte)1 : (byte)0).Int64(e.Offset ?? -1).Text(e.Message).Text(e.Code ?? "").Written);
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException)
        {
            // Nobody is there to hear it.
        }
    }
}
