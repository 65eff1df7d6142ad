namespace VmMigrate.Engine.Blocks.Relay;

/// <summary>What a frame is about. The numbers are the protocol's.</summary>
internal enum RelayFrameType : byte
{
    // From the provider.
    OpenDisk = 1,
    OpenChannel = 2,
    CloseChannel = 3,
    Read = 4,
    Extents = 5,
    Write = 6,
    Zero = 7,
    Flush = 8,
    LoadMap = 9,
    SaveMap = 10,
    DeleteMap = 11,
    Ping = 12,

    // From the relay.
    DiskOpened = 32,
    ChannelOpened = 33,
    Failed = 34,
    Content = 35,
    ExtentList = 36,
    Acknowledged = 37,
    Map = 38,
    Pong = 39,
}

/// <summary>What stands for one leaf in a <see cref="RelayFrameType.Content"/> frame.</summary>
internal enum RelayLeaf : byte
{
    Content = 0,
    Zero = 1,
    Digest = 2,
}

/// <summary>A frame as it came, not yet unpacked.</summary>
/// <param name="Wire">The payload as it crossed, from the pool; whoever takes the frame gives it back.</param>
internal readonly record struct RelayFrame(RelayFrameType Type, ushort Channel, bool IsCompressed, int WireBytes, int RawBytes, ulong Check, byte[] Wire)
{
    internal ReadOnlySpan<byte> Payload => Wire.AsSpan(0, WireBytes);
}
