using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources;

/// <summary>One provider instance as the front ends see it: the product surface, and what serves it once configured.</summary>
internal abstract class Provider : IAsyncDisposable
{
    internal abstract PackageModel Model { get; }

    /// <summary>Keyed by <see cref="ResourceType.Name"/>.</summary>
    internal abstract IReadOnlyDictionary<string, Resource> Resources { get; }

    /// <summary>Keyed by <see cref="FunctionType.Name"/>.</summary>
    internal abstract IReadOnlyDictionary<string, Function> Functions { get; }

    /// <summary>Schema checks and the platforms' own rules over the provider's config; no I/O. Unknown members pass.</summary>
    internal abstract (MapValue Config, ImmutableArray<Finding> Findings) CheckConfig(Value config);

    /// <summary>Takes a checked config. Opens no connection: sites are opened when first used. Later calls replace earlier ones.</summary>
    internal abstract void Configure(MapValue config);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
