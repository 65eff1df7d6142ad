using System.Text.Json.Serialization;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>A world as it is kept in a file: what the sites are made of, and what has changed since.</summary>
internal sealed record SavedWorld
{
    internal const int PresentFormat = 1;

    /// <summary>First in the file and of fixed width, so that a reader sees whether it has this one already: 20 digits.</summary>
    [JsonPropertyOrder(-1)]
    public required string Revision { get; init; }

    public required int Format { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required List<SavedSite> Sites { get; init; }

    public required Dictionary<string, VmWatch> Watches { get; init; }

    public required Dictionary<string, long> Acknowledged { get; init; }

    public required Dictionary<string, FaultCount> Faults { get; init; }
}

internal sealed record SavedSite
{
    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required SiteOptions Options { get; init; }

    public required List<VmState> Vms { get; init; }

    public required List<DiskState> Disks { get; init; }

    public required List<string> Removed { get; init; }

    /// <summary>Null in worlds that were saved before there were leases.</summary>
    public List<Engine.Contracts.Lease>? Leases { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SavedWorld))]
[JsonSerializable(typeof(SiteOptions))]
[JsonSerializable(typeof(VmState))]
[JsonSerializable(typeof(GuestOptions))]
[JsonSerializable(typeof(SimulatedCall))]
[JsonSerializable(typeof(SimulatedEvent))]
internal sealed partial class WorldJson : JsonSerializerContext;
