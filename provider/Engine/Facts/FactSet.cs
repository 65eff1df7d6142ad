using System.Collections.Immutable;

namespace VmMigrate.Engine.Facts;

/// <summary>Facts by key, each with who told it. A key that is absent is unknown.</summary>
public sealed class FactSet : IEquatable<FactSet>
{
    private readonly ImmutableDictionary<string, Entry> _entries;

    private FactSet(ImmutableDictionary<string, Entry> entries) => _entries = entries;

    public static FactSet Empty { get; } = new(ImmutableDictionary.Create<string, Entry>(StringComparer.Ordinal));

    public IEnumerable<string> Names => _entries.Keys;

    public Fact<T> Get<T>(FactKey<T> key) => Get(key, key.Name);

    /// <summary>As declared for one disk or card: <c>disk.rdm@vda</c>.</summary>
    public Fact<T> Get<T>(FactKey<T> key, string name) =>
        !_entries.TryGetValue(name, out var entry) ? Fact<T>.Unknown(key.WhyUnknown)
        : entry.Value is T value ? Fact<T>.Known(value) : Fact<T>.Unknown(entry.Why ?? key.WhyUnknown);

    /// <summary>Who told it; null where nobody has.</summary>
    public string? OriginOf(string name) => _entries.TryGetValue(name, out var entry) ? entry.Origin : null;

    public FactSet With<T>(FactKey<T> key, T value, string? origin = null)
        where T : notnull => new(_entries.SetItem(key.Name, new Entry(value, null, origin)));

    /// <summary>Known when <paramref name="value"/> is not null.</summary>
    public FactSet With<T>(FactKey<T> key, T? value, string? origin = null)
        where T : struct => value is { } known ? With(key, known, origin) : this;

    /// <summary>What is said of one disk, card, host, ... by <c>name@item</c>, over what is said of all.</summary>
    public FactSet For(string item)
    {
        var ending = $"@{item}";
        var own = _entries.Where(entry => entry.Key.EndsWith(ending, StringComparison.Ordinal)).Select(entry => KeyValuePair.Create(entry.Key[..^ending.Length], entry.Value)).ToList();
        return new FactSet(_entries.RemoveRange(_entries.Keys.Where(name => name.Contains('@', StringComparison.Ordinal))).SetItems(own));
    }

    public FactSet WithUnknown(FactKey key, string why) => new(_entries.SetItem(key.Name, new Entry(null, why, null)));

    /// <summary>Adds what <paramref name="other"/> knows and this does not.</summary>
    public FactSet Or(FactSet other) => other._entries.Aggregate(this, (set, entry) =>
        set._entries.TryGetValue(entry.Key, out var own) && own.Value is not null ? set : new FactSet(set._entries.SetItem(entry.Key, entry.Value)));

    /// <summary>Reads texts by name. A name or value that cannot be read is passed to <paramref name="wrong"/> and left out.</summary>
    /// <param name="keyOf">The key of a name, or null.</param>
    public static FactSet Parse(
        IEnumerable<KeyValuePair<string, string>> texts, Func<string, FactKey?> keyOf, string origin, Action<string, string, FactKey?>? wrong = null)
    {
        var entries = ImmutableDictionary.CreateBuilder<string, Entry>(StringComparer.Ordinal);
        foreach (var (name, text) in texts)
        {
            if (keyOf(name) is not { } key)
            {
                wrong?.Invoke(name, text, null);
            }
            else if (key.Parse(text) is not { } value)
            {
                wrong?.Invoke(name, text, key);
            }
            else
            {
                entries[name] = new Entry(value, null, origin);
            }
        }

        return new FactSet(entries.ToImmutable());
    }

    /// <summary>The same facts from the same tellers.</summary>
    public bool Equals(FactSet? other) => other is not null && _entries.Count == other._entries.Count
        && _entries.All(entry => other._entries.TryGetValue(entry.Key, out var theirs) && Same(entry.Value, theirs));

    public override bool Equals(object? obj) => Equals(obj as FactSet);

    public override int GetHashCode() => _entries.Count;

    private static bool Same(Entry one, Entry other) => one.Why == other.Why && one.Origin == other.Origin
        && (one.Value is ImmutableArray<string> list && other.Value is ImmutableArray<string> others ? list.SequenceEqual(others) : Equals(one.Value, other.Value));

    private readonly record struct Entry(object? Value, string? Why, string? Origin);
}
