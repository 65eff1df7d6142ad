using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Planning;

/// <summary>A migration as the platforms alone tell it: no declaration and no state is needed to see it, and any machine sees the same.</summary>
/// <param name="Seen">What is there of it.</param>
/// <param name="Lease">Who drives it now; null when nobody does, or the platform keeps no leases.</param>
public sealed record SeenMigration(Observation Seen, Lease? Lease)
{
    public string Vm => Seen.Home?.Name ?? Seen.Copies.Select(copy => copy.Vm.Name).FirstOrDefault() ?? Seen.Disks.Select(disk => disk.DiskName).FirstOrDefault() ?? "?";

    /// <summary>Since when its VM has been down for the move; null when it is not.</summary>
    public DateTimeOffset? DownSince =>
        DateTimeOffset.TryParse(Seen.Home?.Stamp?[StampNotes.DownSince], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null;

    /// <summary>Disks that were copied whole, of all.</summary>
    public (int Copied, int All) Disks => Seen.Home is { } home
        ? (home.Disks.Count(disk => home.Stamp?[StampNotes.CopiedPrefix + disk.Name] is not null), home.Disks.Length)
        : (0, 0);
}

/// <summary>Finds every migration that left its mark at any of some sites.</summary>
public static class Migrations
{
    /// <returns>In order of the VMs' names. A site that does not answer is left out, and named.</returns>
    public static async Task<(ImmutableArray<SeenMigration> Found, ImmutableArray<string> Silent)> FindAsync(SiteBook sites, CancellationToken cancellation)
    {
        var marked = new List<(Site Site, Facts.Vm Vm)>();
        var silent = ImmutableArray.CreateBuilder<string>();
        var answering = new List<Site>();
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var site in sites.Names.Select(name => sites.Find(name)!))
        {
            try
            {
                // Two names may stand for one place.
                if (!places.Add((await site.DescribeAsync(cancellation)).Identity))
                {
                    continue;
                }

                await foreach (var vm in site.ListAsync(cancellation))
                {
                    if (vm.Stamp is not null)
                    {
                        marked.Add((site, vm));
                    }
                }

                answering.Add(site);
            }
            catch (PlatformException e)
            {
                silent.Add($"{site.Name} ({site.Where}): {e.Message}");
            }
        }

        var found = ImmutableArray.CreateBuilder<SeenMigration>();
        foreach (var group in marked.GroupBy(one => one.Vm.Stamp!.MigrationId))
        {
            found.Add(await LookAsync(group.Key, [.. group], answering, cancellation));
        }

        return ([.. found.OrderBy(one => one.Vm, StringComparer.Ordinal)], silent.ToImmutable());
    }

    private static async Task<SeenMigration> LookAsync(string id, ImmutableArray<(Site Site, Facts.Vm Vm)> marked, List<Site> sites, CancellationToken cancellation)
    {
        var home = marked.FirstOrDefault(one => one.Vm.Stamp!.Role == StampRole.Source);
        var copies = ImmutableArray.CreateBuilder<Copy>();
        foreach (var (site, vm) in marked.Where(one => one.Vm.Stamp!.Role == StampRole.Target))
        {
            copies.Add(new Copy(site, vm, await site.InspectFenceAsync(vm.Id, id, cancellation)));
        }

        var disks = ImmutableArray.CreateBuilder<(Site, TargetDisk)>();
        foreach (var site in sites)
        {
            disks.AddRange((await site.FindStampedDisksAsync(id, cancellation)).Select(disk => (site, disk)));
        }

        var at = home.Site ?? marked[0].Site;
        return new SeenMigration(
            new Observation
            {
                MigrationId = id,
                HomeSite = at,
                Home = home.Vm,
                HomeFence = home.Vm is null ? FenceState.None : await at.InspectFenceAsync(home.Vm.Id, id, cancellation),
                Copies = copies.ToImmutable(),
                PlacedDisks = disks.ToImmutable(),
            },
            at.KeepsLeases ? await at.FindLeaseAsync(id, cancellation) : null);
    }
}
