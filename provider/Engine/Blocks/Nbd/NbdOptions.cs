namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>How a client deals with an NBD server. Every wait has one of these limits.</summary>
public sealed record NbdOptions
{
    /// <summary>How long connecting and negotiating may take.</summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server may be silent while we wait for it.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most writes of 64 KiB in flight on one connection. qemu-nbd works on 16 at a time.</summary>
    public int WritesInFlight { get; init; } = 16;

    /// <summary>Ask for this dirty bitmap (<c>qemu:dirty-bitmap:NAME</c>), for <see cref="NbdReader.ChangedExtentsAsync"/>.</summary>
    public string? DirtyBitmap { get; init; }

    /// <summary>Certificates, where the address says TLS.</summary>
    public NbdTls? Tls { get; init; }
}
