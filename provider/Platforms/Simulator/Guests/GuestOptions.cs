namespace VmMigrate.Platforms.Simulator.Guests;

/// <summary>How the system inside a VM behaves. It travels with the VM.</summary>
public sealed record GuestOptions
{
    /// <summary>From power on until it works: agent, network and writes begin then.</summary>
    public TimeSpan Boot { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>From a request to shut down until it is off.</summary>
    public TimeSpan Shutdown { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>It has a guest agent.</summary>
    public bool Agent { get; init; } = true;

    /// <summary>It does nothing when asked to shut down.</summary>
    public bool IgnoresShutdown { get; init; }

    /// <summary>It hangs early in boot: no agent, no writes.</summary>
    public bool NeverBoots { get; init; }

    /// <summary>Records of its journal, each acknowledged to a client and checked by <see cref="JournalReport"/>.</summary>
    public double RecordsPerSecond { get; init; } = 1;

    /// <summary>Other data that it overwrites.</summary>
    public double BytesPerSecond { get; init; } = 256 << 10;

    /// <summary>How much of each disk that data is spread over.</summary>
    public long WorkingSetBytes { get; init; } = 1 << 20;

    public string Os { get; init; } = "debian12";
}
