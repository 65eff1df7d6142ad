namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>Between a world's state and its file: what was only made up and never changed is made up again instead of being kept.</summary>
internal static class WorldSaving
{
    internal static string RevisionText(long revision) => revision.ToString("D20", System.Globalization.CultureInfo.InvariantCulture);

    internal static SavedWorld Save(WorldState state) => new()
    {
        Revision = RevisionText(state.Revision),
        Format = SavedWorld.PresentFormat,
        Now = state.Now,
        Sites =
        [
            .. state.Sites.Values.Select(site => new SavedSite
            {
                Name = site.Name,
                CreatedAt = site.CreatedAt,
                Options = site.Options,
                Vms = [.. site.Vms.Values.Where(vm => vm.Touched)],
                Disks = [.. site.TouchedDisks()],
                Removed = [.. site.Removed.Order(StringComparer.Ordinal)],
                Leases = site.Leases.Count > 0 ? [.. site.Leases.Values] : null,
            }),
        ],
        Watches = state.Watches,
        Acknowledged = state.Acknowledged,
        Faults = state.Faults,
    };

    internal static WorldState Restore(SavedWorld saved)
    {
        var state = new WorldState { Revision = long.Parse(saved.Revision, System.Globalization.CultureInfo.InvariantCulture), Now = saved.Now };
        foreach (var from in saved.Sites)
        {
            var site = new SiteState { Name = from.Name, CreatedAt = from.CreatedAt, Options = from.Options };
            site.Removed.UnionWith(from.Removed);
            foreach (var vm in from.Vms)
            {
                vm.Touched = true;
                site.Vms[vm.Id] = vm;
                if (vm.OffAt is not null)
                {
                    state.Stopping.Add((site.Name, vm.Id));
                }
            }

            foreach (var disk in from.Disks)
            {
                disk.Touched = true;
                site.Disks[disk.Location] = disk;
            }

            foreach (var lease in from.Leases ?? [])
            {
                site.Leases[lease.MigrationId] = lease;
            }

            Estate.Populate(site);
            state.Sites[site.Name] = site;
        }

        Copy(saved.Watches, state.Watches);
        Copy(saved.Acknowledged, state.Acknowledged);
        Copy(saved.Faults, state.Faults);
        return state;
    }

    private static void Copy<T>(Dictionary<string, T> from, Dictionary<string, T> to)
    {
        foreach (var (key, value) in from)
        {
            to[key] = value;
        }
    }
}
