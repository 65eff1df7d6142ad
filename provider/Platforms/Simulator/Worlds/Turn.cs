using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Disks;
using VmMigrate.Platforms.Simulator.Guests;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>One look at the world, or one change of it, at one moment, alone.</summary>
internal sealed class Turn(SimulatedWorld owner, WorldState world, DateTimeOffset now, bool byHand, List<SimulatedEvent>? events)
{
    internal WorldState World => world;

    internal DateTimeOffset Now => now;

    internal string WorldLabel => owner.Label;

    /// <summary>A guest that was asked to shut down is off by now, and nobody has noted it.</summary>
    internal bool HasToSettle => world.Stopping.Any(IsOver);

    /// <exception cref="SimulatedMistakeException">There is no such site.</exception>
    internal SiteState Site(string name) =>
        world.Sites.GetValueOrDefault(name) ?? throw new SimulatedMistakeException($"There is no simulated site \"{name}\" in this world. It has: {string.Join(", ", world.Sites.Keys)}.");

    internal void Touch(VmState vm)
    {
        vm.Touched = true;
        world.Dirty = true;
    }

    internal void Touch(DiskState disk)
    {
        disk.Touched = true;
        world.Dirty = true;
    }

    internal void Say(SiteState site, VmState vm, string what) =>
        events?.Add(new SimulatedEvent(now, site.Name, vm.Id, vm.Name, what, byHand));

    /// <summary>Makes the site come to be, or be made of something else from now on.</summary>
    internal void Establish(string name, SiteOptions options, string optionsText)
    {
        if (!world.Sites.TryGetValue(name, out var site))
        {
            world.Sites[name] = site = new SiteState { Name = name, CreatedAt = now, Options = options };
        }
        else if (OptionsText(site.Options) == optionsText)
        {
            return;
        }
        else
        {
            site.Options = options;
            foreach (var disk in site.TouchedDisks().ToArray())
            {
                disk.Touched = true;
            }

            Drop(site.Vms, vm => vm.Touched);
            Drop(site.Disks, disk => disk.Touched);
        }

        Estate.Populate(site);
        world.Dirty = true;
    }

    internal static string OptionsText(SiteOptions options) =>
        System.Text.Json.JsonSerializer.Serialize(options, WorldJson.Default.SiteOptions);

    /// <summary>Carries out what happened by itself: guests that were asked to shut down are off by now.</summary>
    internal void Settle()
    {
        foreach (var (siteName, id) in world.Stopping.Where(IsOver).ToArray())
        {
            var site = world.Sites[siteName];
            var vm = site.Vms[id];
            PowerOff(site, vm, vm.OffAt!.Value, "shut down");
        }
    }

    internal void AskToShutDown(SiteState site, VmState vm, TimeSpan duration)
    {
        vm.OffAt = now + duration;
        world.Stopping.Add((site.Name, vm.Id));
        Touch(vm);
        Say(site, vm, "asked to shut down");
    }

    internal void CallOffShutdown(SiteState site, VmState vm)
    {
        if (vm.OffAt is not null)
        {
            vm.OffAt = null;
            world.Stopping.Remove((site.Name, vm.Id));
            Touch(vm);
        }
    }

    /// <param name="boots">Whether the guest comes up this time.</param>
    internal void PowerOn(SiteState site, VmState vm, bool boots)
    {
        var before = CopiesRunning(vm.Id);
        if (vm.Disks.Count > 0)
        {
            using var disk = OpenDisk(site, vm.Disks[0].Location);
            vm.RecordsAtStart = Journal.LastRecord(disk.Disk, vm.Id);
        }

        vm.Power = PowerState.Running;
        vm.StartedAt = now;
        vm.Boots = boots && !vm.Guest.NeverBoots;
        Touch(vm);
        NotePower(vm, before, now);
        Say(site, vm, "started");
    }

    internal void PowerOff(SiteState site, VmState vm, DateTimeOffset at, string how)
    {
        var before = CopiesRunning(vm.Id);
        WriteWhatTheGuestWrote(site, vm, at);
        var records = Journal.RecordsIn(Guest.Uptime(vm, at), vm.Guest);
        world.Acknowledged[vm.Id] = world.Acknowledged.GetValueOrDefault(vm.Id) + records;
        vm.Power = PowerState.Off;
        vm.StartedAt = null;
        vm.OffAt = null;
        world.Stopping.Remove((site.Name, vm.Id));
        Touch(vm);
        NotePower(vm, before, at);
        Say(site, vm, how);
    }

    /// <summary>The disks of a running VM hold what its guest has written up to now.</summary>
    internal void BringUpToDate(SiteState site, VmState vm)
    {
        if (vm.Power == PowerState.Running)
        {
            WriteWhatTheGuestWrote(site, vm, now);
            Touch(vm);
        }
    }

    internal OpenStore OpenDisk(SiteState site, string location)
    {
        var disk = site.Disks[location];
        return new OpenStore(disk, owner.Store.OpenDisk(site.Name, disk.Key));
    }

    internal void Remove(SiteState site, DiskState disk)
    {
        site.Disks.Remove(disk.Location);
        if (disk.Seed != 0)
        {
            site.Removed.Add(disk.Location);
        }

        owner.Store.DeleteDisk(site.Name, disk.Key);
        world.Dirty = true;
    }

    /// <summary>Its disks stay.</summary>
    internal void Remove(SiteState site, VmState vm, string what)
    {
        site.Vms.Remove(vm.Id);
        site.Removed.Add(vm.Id);
        world.Dirty = true;
        Say(site, vm, what);
    }

    private int CopiesRunning(string uuid) =>
        world.Sites.Values.Count(site => site.Vms.TryGetValue(uuid, out var vm) && vm.Power == PowerState.Running);

    private void NotePower(VmState vm, int before, DateTimeOffset at)
    {
        world.Watches.TryGetValue(vm.Id, out var watch);
        world.Watches[vm.Id] = (watch ?? new VmWatch()).Changed(before, CopiesRunning(vm.Id), at, byHand);
    }

    private bool IsOver((string Site, string Vm) stopping) =>
        world.Sites.TryGetValue(stopping.Site, out var site) && site.Vms.TryGetValue(stopping.Vm, out var vm) && vm.OffAt <= now;

    private void WriteWhatTheGuestWrote(SiteState site, VmState vm, DateTimeOffset at)
    {
        var uptime = Guest.Uptime(vm, at);
        if (uptime <= TimeSpan.Zero)
        {
            return;
        }

        for (var i = 0; i < vm.Disks.Count; i++)
        {
            if (!site.Disks.TryGetValue(vm.Disks[i].Location, out var disk))
            {
                continue;
            }

            using var open = OpenDisk(site, disk.Location);
            var grown = Journal.WriteWorkingSet(open.Disk, i, vm.Id, vm.StartedAt!.Value, uptime, vm.Guest);
            if (i == 0)
            {
                grown += Journal.Write(open.Disk, vm.Id, vm.RecordsAtStart, vm.RecordsAtStart + Journal.RecordsIn(uptime, vm.Guest));
            }

            disk.AllocatedBytes += grown;
            Touch(disk);
        }
    }

    private static void Drop<T>(SortedDictionary<string, T> all, Func<T, bool> keep)
    {
        foreach (var (key, item) in all.ToArray())
        {
            if (!keep(item))
            {
                all.Remove(key);
            }
        }
    }

    /// <summary>A disk's content, opened for as long as it is needed.</summary>
    internal sealed class OpenStore(DiskState disk, LeafStore store) : IDisposable
    {
        internal SimulatedDisk Disk { get; } = new(disk, store);

        // A store in memory is the disk itself and has nothing to close.
        public void Dispose() => store.Dispose();
    }
}
