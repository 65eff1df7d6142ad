using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Planning;

/// <summary>Reads from the platforms what is there. Never changes anything.</summary>
public static class Observer
{
    /// <param name="home">The site of <see cref="MigrationSpec.Vm"/>.</param>
    /// <param name="targets">Sites where copies may be: the declared target, and those that the state remembers.</param>
    public static async Task<Observation> ObserveAsync(VmReference vm, Site home, IEnumerable<Site> targets, CancellationToken cancellation)
    {
        var id = MigrationId.Stamp(vm);
        var found = await FindHomeAsync(vm, home, id, cancellation);
        var fence = found is null ? FenceState.None : await home.InspectFenceAsync(found.Id, id, cancellation);
        var copies = ImmutableArray.CreateBuilder<Copy>();
        var disks = ImmutableArray.CreateBuilder<(Site, TargetDisk)>();
        var clones = ImmutableArray.CreateBuilder<(Site, Vm)>();
        var sites = targets.Distinct().ToList();
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var site in sites)
        {
            // Two names may stand for one place: what is there counts once, under the first name.
            if (sites.Count > 1 && !places.Add((await site.DescribeAsync(cancellation)).Identity))
            {
                continue;
            }

            foreach (var copy in await site.FindStampedAsync(id, cancellation))
            {
                if (copy.Stamp is { Role: StampRole.Test })
                {
                    clones.Add((site, copy));
                    continue;
                }

                // A VM that its platform was moving when the run was killed is still stamped as at home.
                if (copy.Stamp is { Role: StampRole.Target } || (copy.Stamp?[StampNotes.Origin] is not null && found?.Stamp?[StampNotes.Origin] is null))
                {
                    copies.Add(new Copy(site, copy, await site.InspectFenceAsync(copy.Id, id, cancellation)));
                }
            }

            // A disk of a committed VM keeps the name that we gave it, and is that VM's now.
            disks.AddRange((await site.FindStampedDisksAsync(id, cancellation))
                .Where(disk => disk.Attached is null || copies.Any(copy => copy.Site == site && copy.Vm.Id == disk.Attached))
                .Select(disk => (site, disk)));
        }

        if (copies.Any(copy => copy.IsRelocated))
        {
            // It is the VM itself: what its name finds at home is this very object, or somebody else's.
            (found, fence) = (null, FenceState.None);
        }

        return Replatforming.AsNoted(new Observation
        {
            MigrationId = id,
            HomeSite = home,
            Home = found,
            HomeFence = fence,
            Copies = copies.ToImmutable(),
            PlacedDisks = disks.ToImmutable(),
            Clones = clones.ToImmutable(),
        });
    }

    /// <summary>The stamped VM before any other: a fence may have renamed it, and somebody may have made another of its name.</summary>
    private static async Task<Vm?> FindHomeAsync(VmReference vm, Site home, string id, CancellationToken cancellation)
    {
        var stamped = (await home.FindStampedAsync(id, cancellation)).Where(found => found.Stamp is { Role: StampRole.Source }).ToList();
        if (stamped.Count > 1)
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, home.Name,
                $"{stamped.Count} VMs at {home.Name} carry the stamp {id}: {Placement.Names(stamped.Select(found => found.Id))}. Somebody has cloned the source; take the stamp off the clone.");
        }

        if (stamped.Count == 1)
        {
            return stamped[0];
        }

        if (vm.Id is { } vmId)
        {
            return await home.InspectAsync(vmId, cancellation);
        }

        var named = await home.FindByNameAsync(vm.Name!, cancellation);
        return named switch
        {
            [] => null,
            [var one] => one,
            _ => throw new AmbiguousVmException(vm.Name!, home.Name, [.. named.Select(found => found.Path is { } path ? $"{found.Id} ({path})" : found.Id)]),
        };
    }
}

/// <summary>A name stands for several VMs.</summary>
public sealed class AmbiguousVmException(string name, string site, ImmutableArray<string> ids)
    : Exception($"{ids.Length} VMs at site \"{site}\" are called \"{name}\": {string.Join(", ", ids)}. Name one by vm.id instead of vm.name.")
{
    public ImmutableArray<string> Ids { get; } = ids;
}
