using System.Collections.Concurrent;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Engine.Inventories;

/// <summary>The sites of a provider as previews and functions read them: each inventory is fetched once and shared. Runs that change things use the book behind it.</summary>
public sealed class InventoryBook(SiteBook sites, TimeProvider time, TimeSpan mostAge) : SiteBook
{
    private readonly InventoryBook? _recent = mostAge > InventorySite.MissAge ? new InventoryBook(sites, time, InventorySite.MissAge) : null;
    private readonly ConcurrentDictionary<string, InventorySite> _read = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(Site From, Site To), OnceRead<RunHistory>> _histories = new();
    private readonly ConcurrentDictionary<(Site From, Site To), OnceRead<LinkProbe?>> _probes = new();

    /// <summary>A link is as it was some minutes ago; trying it for every preview would be in the way of copies that run.</summary>
    private static readonly TimeSpan ProbeCounts = TimeSpan.FromMinutes(10);

    public InventoryBook(SiteBook sites, TimeProvider time)
        : this(sites, time, InventorySite.MostAge)
    {
    }

    /// <summary>The same for whoever asks how things are now: lists are still shared by all who ask together, and no older than <see cref="InventorySite.MissAge"/>.</summary>
    public InventoryBook Recent => _recent ?? this;

    public override IReadOnlyCollection<string> Names => sites.Names;

    public override Spec.SshKeys SshKeys => sites.SshKeys;

    public override Checks.Policy Policy => sites.Policy;

    public override ReservationBook Reservations => sites.Reservations;

    public override Site? Find(string name) =>
        sites.Find(name) is not { } site ? null : _read.GetOrAdd(name, static (_, opened) => new InventorySite(opened.site, opened.time, opened.mostAge), (site, time, mostAge));

    /// <summary>From what was fetched already, for sites of either book: the past does not change while somebody looks on.</summary>
    public override async Task<RunHistory> HistoryAsync(Site from, Site to, CancellationToken cancellation) =>
        Find(from.Name) is { } here && Find(to.Name) is { } there
            ? await _histories.GetOrAdd((here, there), static (pair, clock) => new OnceRead<RunHistory>(clock, cancel => RunHistory.ReadAsync(pair.From, pair.To, cancel)), time)
                .GetAsync(InventorySite.MostAge, cancellation)
            : RunHistory.None;

    /// <summary>Once for all previews between the two.</summary>
    public override async Task<LinkProbe?> ProbeAsync(Site from, Site to, CancellationToken cancellation) =>
        Find(from.Name) is { } here && Find(to.Name) is { } there
            ? await _probes.GetOrAdd((here, there), static (pair, clock) => new OnceRead<LinkProbe?>(clock, cancel => LinkProbe.MeasureAsync(pair.From, pair.To, cancel)), time)
                .GetAsync(ProbeCounts, cancellation)
            : null;

    /// <summary>Something was changed, by whomever: what comes next is read from the platforms.</summary>
    public void Forget()
    {
        foreach (var site in _read.Values)
        {
            site.Forget();
        }

        _histories.Clear();
        _recent?.Forget();
    }
}
