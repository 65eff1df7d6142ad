using System.Collections.Immutable;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks;

/// <summary>A threshold with its default; users override it under <c>policy</c>.</summary>
/// <param name="Name">As in <c>policy</c>.</param>
/// <param name="Default">In the unit's own measure: seconds, bytes, bytes per second, percent, a plain number.</param>
public sealed record PolicyKey(string Name, FactUnit Unit, double Default, string About)
{
    public string DefaultText => Human.Number(Default, Unit);

    public override string ToString() => Name;
}

/// <summary>The thresholds that hold for one migration: its own, then the provider's, then the defaults.</summary>
public sealed class Policy
{
    private readonly ImmutableDictionary<string, double> _values;

    private readonly Severity? _unknownFacts;

    private Policy(ImmutableDictionary<string, double> values, Severity? unknownFacts) => (_values, _unknownFacts) = (values, unknownFacts);

    public static Policy Default { get; } = new(ImmutableDictionary.Create<string, double>(StringComparer.Ordinal), null);

    /// <summary>How bad it is that checks could not be judged. A note by default: no platform tells everything.</summary>
    public Severity UnknownFacts => _unknownFacts ?? Severity.Note;

    public double Of(PolicyKey key) => _values.GetValueOrDefault(key.Name, key.Default);

    public Policy With(PolicyKey key, double value) => new(_values.SetItem(key.Name, value), _unknownFacts);

    public Policy WithUnknownFacts(Severity severity) => new(_values, severity);

    /// <summary>This, with what <paramref name="other"/> sets in its place.</summary>
    public Policy Under(Policy other) => new(_values.SetItems(other._values), other._unknownFacts ?? _unknownFacts);
}
