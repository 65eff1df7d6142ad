using System.Collections.Frozen;
using System.Collections.Immutable;

namespace VmMigrate.Engine.Facts.Keys;

/// <summary>Every fact that has a name: one list for each thing that facts are about.</summary>
public static class FactKeys
{
    private static readonly FrozenDictionary<string, FactKey> ByName =
        new FactKey[][] { [.. VmFact.All], [.. GuestFact.All], [.. DiskFact.All], [.. NicFact.All], [.. HostFact.All], [.. PoolFact.All], [.. NetworkFact.All], [.. SiteFact.All], [.. LinkFact.All], [.. PlanFact.All] }
            .SelectMany(keys => keys).ToFrozenDictionary(key => key.Name, StringComparer.Ordinal);

    /// <summary>In order of their names.</summary>
    public static ImmutableArray<FactKey> All { get; } = [.. ByName.Values.OrderBy(key => key.Name, StringComparer.Ordinal)];

    /// <summary>The key of a plain name; null where there is none.</summary>
    public static FactKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>
    /// The key of a name as users declare it: plain, for one disk or card (<c>disk.rdm@vda</c>, <c>nic.trunk@52:54:00:00:00:01</c>), or of the
    /// source's host, pool, network or site (<c>source.host.cores</c>).
    /// </summary>
    public static FactKey? FindDeclared(string name)
    {
        var plain = name.Split('@', 2)[0];
        if (!plain.StartsWith("source.", StringComparison.Ordinal))
        {
            return Find(plain) is { } key && (plain.Length == name.Length || key.Scope is FactScope.Disk or FactScope.Nic) ? key : null;
        }

        return plain.Length == name.Length && Find(plain["source.".Length..]) is { Scope: FactScope.Host or FactScope.Pool or FactScope.Network or FactScope.Site } sided ? sided : null;
    }
}

/// <summary>Makes the keys of one list.</summary>
internal sealed class KeyList(FactScope scope)
{
    internal List<FactKey> Keys { get; } = [];

    internal FactKey<bool> Flag(string name, FactSource source, string label, Func<object, Fact<bool>>? typed = null) => Add(new FactKey<bool>(name, scope, source, label, FactUnit.None, typed));

    internal FactKey<double> Number(string name, FactSource source, string label, FactUnit unit = FactUnit.None, Func<object, Fact<double>>? typed = null) => Add(new FactKey<double>(name, scope, source, label, unit, typed));

    internal FactKey<string> Text(string name, FactSource source, string label, Func<object, Fact<string>>? typed = null) => Add(new FactKey<string>(name, scope, source, label, FactUnit.None, typed));

    internal FactKey<ImmutableArray<string>> List(string name, FactSource source, string label, Func<object, Fact<ImmutableArray<string>>>? typed = null) => Add(new FactKey<ImmutableArray<string>>(name, scope, source, label, FactUnit.None, typed));

    internal FactKey<DateTimeOffset> Date(string name, FactSource source, string label) => Add(new FactKey<DateTimeOffset>(name, scope, source, label, FactUnit.None, null));

    private FactKey<T> Add<T>(FactKey<T> key)
    {
        Keys.Add(key);
        return key;
    }
}
