using System.Collections.Immutable;
using VmMigrate.Engine.Checks;

namespace VmMigrate.Host.Pulumi;

/// <summary>A call brought properties that hold something no property of ours takes.</summary>
internal sealed class UnreadablePropertyException : Exception
{
    internal UnreadablePropertyException(IEnumerable<Finding> findings)
        : base("The properties cannot be read.") => Findings = [.. findings];

    internal ImmutableArray<Finding> Findings { get; }
}
