using System.Collections.Immutable;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks;

/// <summary>One disk, card, host, ... that a fact is about.</summary>
/// <param name="Name">For messages; null for the VM itself.</param>
/// <param name="Declared">What the user's <c>facts</c> call it after <c>@</c>; null where they cannot.</param>
public sealed record Item(IFactHolder Holder, string? Name, string? Declared);

/// <summary>How one check sees its subject. It remembers every fact that was asked for and is unknown: such a check has not passed.</summary>
public sealed class Look(CheckSubject subject, Check check)
{
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, string> _missing = new(StringComparer.Ordinal);

    public CheckSubject Subject => subject;

    public IReadOnlyList<Finding> Findings => _findings;

    public ImmutableArray<MissingFact> Missing => [.. _missing.Select(entry => new MissingFact(entry.Key, entry.Value))];

    /// <summary>All that a key is about: the VM, each disk, the target's host, ...</summary>
    public IEnumerable<Item> Items(FactScope scope, bool source = false) => scope switch
    {
        FactScope.Vm => [new Item(subject.Vm, null, null)],
        FactScope.Disk => subject.Vm.Disks.Where(disk => disk.Device == "disk").Select(disk => new Item(disk, $"disk {disk.Name}", disk.Name)),
        FactScope.Nic => subject.Vm.Nics.Select(nic => new Item(nic, $"card {nic.Mac}", nic.Mac)),
        FactScope.Host => One(source ? subject.SourceHost : subject.TargetHost, source, host => $"host {host.Name}"),
        FactScope.Pool => One(source ? subject.SourcePool : subject.TargetPool, source, pool => $"storage pool {pool.Name}"),
        FactScope.Network => source ? [] : subject.TargetNetworks.Select(network => new Item(network, $"network {network.Name}", null)),
        FactScope.Site => One(source ? subject.From : subject.To, source, site => $"site {site.Site}"),
        FactScope.Link => [new Item(subject.Link, null, null)],
        _ => [new Item(Nothing.Instance, null, null)],
    };

    /// <summary>The value of a fact; false, and remembered, where it is unknown.</summary>
    public bool Get<T>(FactKey<T> key, Item item, out T value, bool source = false)
    {
        var fact = Find(key, item, source);
        if (!fact.TryGet(out value))
        {
            Miss($"{(source ? "source." : "")}{key.Name}{(item.Declared is { } which ? $"@{which}" : "")}", fact.WhyUnknown);
        }

        return fact.IsKnown;
    }

    /// <summary>The value of a fact that only one thing has: the VM, the target's host, the site, ...</summary>
    public bool Get<T>(FactKey<T> key, out T value, bool source = false)
    {
        if (Items(key.Scope, source).FirstOrDefault() is { } item)
        {
            return Get(key, item, out value, source);
        }

        value = default!;
        return Miss($"{(source ? "source." : "")}{key.Name}", Absent(key.Scope, source));
    }

    /// <summary>As <see cref="Get{T}(FactKey{T}, out T, bool)"/>, but an unknown fact is not missed.</summary>
    public Fact<T> Peek<T>(FactKey<T> key, bool source = false) =>
        Items(key.Scope, source).FirstOrDefault() is { } item ? Find(key, item, source) : Fact<T>.Unknown(Absent(key.Scope, source));

    public Fact<T> Peek<T>(FactKey<T> key, Item item) => Find(key, item, false);

    /// <summary>A fact with a property of its own.</summary>
    public bool Get<T>(Fact<T> fact, string name, out T value) => fact.TryGet(out value) || Miss(name, fact.WhyUnknown);

    /// <summary>Remembers a fact that is unknown.</summary>
    /// <returns>False.</returns>
    public bool Miss(string fact, string why)
    {
        _missing.TryAdd(fact, why);
        return false;
    }

    /// <summary>A finding in the common form: what is wrong, what was found, what is needed, why it matters, what to do.</summary>
    public void Trip(string? item, string found, string needed, Weight? weight = null, string? origin = null) => Say(
        $"{subject.Vm.Name}{(item is null ? "" : $", {item}")}: {check.Title}. Found {found}; needed: {needed}. {check.Why} {check.Fix}", item, weight: weight, origin: origin);

    /// <summary>A finding in words of its own.</summary>
    public void Say(string message, string? item = null, PropertyPath? at = null, Weight? weight = null, string? origin = null)
    {
        var heavy = weight ?? check.Weight;
        _findings.Add(new Finding(check.Id, Check.SeverityOf(heavy), at ?? PropertyPath.Of(check.At), message)
        {
            Subject = item,
            Waivable = heavy is Weight.Warns or Weight.Stops,
            Origin = origin,
            Fix = check.Fix,
        });
    }

    internal void Add(Finding finding) => _findings.Add(finding with { Fix = finding.Fix ?? check.Fix });

    public double Limit(PolicyKey key) => subject.Policy.Of(key);

    private Fact<T> Find<T>(FactKey<T> key, Item item, bool source)
    {
        var observed = key.Of(item.Holder);
        if (observed.IsKnown)
        {
            return observed;
        }

        var name = source ? $"source.{key.Name}" : key.Name;
        var own = item.Declared is { } which ? subject.Declared.Get(key, $"{name}@{which}") : default;
        var declared = own.IsKnown ? own : subject.Declared.Get(key, name);
        return declared.IsKnown ? declared : observed;
    }

    private static IEnumerable<Item> One<T>(T? holder, bool source, Func<T, string> name)
        where T : class, IFactHolder => holder is not null ? [new Item(holder, name(holder), null)]
        : source ? [new Item(Nothing.Instance, null, null)] : [];

    private static string Absent(FactScope scope, bool source) =>
        scope is FactScope.Host or FactScope.Pool ? $"the {(source ? "source's" : "target's")} {(scope == FactScope.Host ? "host" : "storage pool")} is not known" : "there is none";

    /// <summary>Holds no fact; what is declared still counts.</summary>
    private sealed class Nothing : IFactHolder
    {
        internal static Nothing Instance { get; } = new();

        public FactSet Observed => FactSet.Empty;
    }
}
