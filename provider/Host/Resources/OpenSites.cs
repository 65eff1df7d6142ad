using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources;

/// <summary>The sites of one configuration. A site's object is made at once and connects at its first use.</summary>
internal sealed class OpenSites : SiteBook, IAsyncDisposable
{
    private readonly ImmutableSortedDictionary<string, Site> _sites;

    /// <param name="limits">What all copies of this process keep to, whatever the configuration they began under.</param>
    /// <param name="slots">Each site's places for disks.</param>
    internal OpenSites(MapValue config, TimeProvider time, CopyLimits limits, Func<string, DiskSlots> slots)
    {
        var sites = ImmutableSortedDictionary.CreateBuilder<string, Site>(StringComparer.Ordinal);
        foreach (var (name, block) in config["sites"].AsMap?.Entries ?? Value.EmptyMap.Entries)
        {
            foreach (var platform in PlatformTable.All)
            {
                if (block[platform.Key].AsMap is { } own && !own.HasUnknown)
                {
                    var site = sites[name] = platform.Open(name, own, time);
                    (site.CopyLimits, site.DiskSlots) = (limits, slots(name));
                    site.DiskSlots.Most = (int?)block[PlatformTable.MostDisks].AsNumber;
                }
            }
        }

        _sites = sites.ToImmutable();
        SshKeys = new SshKeys((config["sshKeys"].AsMap?.Entries ?? Value.EmptyMap.Entries)
            .Where(entry => entry.Value.AsText is not null).ToImmutableDictionary(entry => entry.Key, entry => entry.Value.AsText!, StringComparer.Ordinal));
        Policy = PolicyType.Read(config["policy"]);
        Previews = new InventoryBook(this, time);
    }

    /// <summary>The same sites for whoever only looks: what they have is fetched once.</summary>
    internal InventoryBook Previews { get; }

    public override SshKeys SshKeys { get; }

    public override Policy Policy { get; }

    public override IReadOnlyCollection<string> Names => [.. _sites.Keys];

    public override Site? Find(string name) => _sites.GetValueOrDefault(name);

    public override Task<RunHistory> HistoryAsync(Site from, Site to, CancellationToken cancellation) => Previews.HistoryAsync(from, to, cancellation);

    public override Task<LinkProbe?> ProbeAsync(Site from, Site to, CancellationToken cancellation) => Previews.ProbeAsync(from, to, cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites.Values)
        {
            await site.DisposeAsync();
        }
    }
}
