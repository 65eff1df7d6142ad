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

    internal void SetLease(SiteState site, string migrationId, Engine.Contracts.Lease? lease)
    {
        if (lease is null)
        {
            site.Leases.Remove(migrationId);
        }
        else
        {
            site.Leases[migrationId] = lease;
        }

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
        vm.Crashed = false;
        vm.StartedAt = now;
        (vm.FrozenAt, vm.SlowedAt, vm.Stood) = (null, null, TimeSpan.Zero);
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
        vm.Round = null;
        (vm.FrozenAt, vm.SlowedAt, vm.Stood) = (null, null, TimeSpan.Zero);
        world.Stopping.Remove((site.Name, vm.Id));
        Touch(vm);
        NotePower(vm, before, at);
        Say(site, vm, how);
    }

    /// <summary>The VM goes on at another site without a start: its guest sees nothing of it but a pause.</summary>
    /// <param name="split">Its memory is still to follow, so that this half is not off yet.</param>
    internal void MoveLive(SiteState from, VmState here, SiteState to, VmState there, DateTimeOffset pausedAt, bool split)
    {
        var before = CopiesRunning(here.Id);
        (there.Power, there.StartedAt, there.Boots, there.RecordsAtStart) = (PowerState.Running, here.StartedAt, here.Boots, here.RecordsAtStart);
        (there.FrozenAt, there.Stood) = (null, here.Stood + (now - pausedAt));
        (here.Power, here.StartedAt, here.FrozenAt, here.Stood, here.Round) = (split ? PowerState.Paused : PowerState.Off, null, null, TimeSpan.Zero, null);
        here.Split = split;
        Touch(here);
        Touch(there);
        NotePower(here, before, now);
        Say(from, here, split ? "moved away live before its memory" : "moved away live");
        Say(to, there, "moved here live");
    }

    /// <summary>All memory of a VM that changed sides before it has come over.</summary>
    internal void EndSplit(SiteState from, VmState here)
    {
        (here.Power, here.Split) = (PowerState.Off, false);
        Touch(here);
        Say(from, here, "sent the last of its memory");
    }

    /// <summary>The guest works only so much of its time from now on; 1: all of it.</summary>
    internal void Slow(SiteState site, VmState vm, double part)
    {
        BringUpToDate(site, vm);
        if (vm.SlowedAt is { } since)
        {
            vm.Stood += (now - since) * (1 - vm.SlowedTo);
        }

        (vm.SlowedAt, vm.SlowedTo) = (part < 1 ? now : null, Math.Min(part, 1));
        Touch(vm);
    }

    internal void Thaw(VmState vm)
    {
        if (vm.FrozenAt is { } since)
        {
            vm.Stood += now - since;
            vm.FrozenAt = null;
            Touch(vm);
        }
    }

    /// <summary>Keeps all disks of a VM as they are now, in place of a checkpoint of the same name.</summary>
    internal CheckpointState MakeCheckpoint(SiteState site, VmState vm, string migrationId, string name)
    {
        BringUpToDate(site, vm);
        if (vm.Checkpoints.Find(there => there.MigrationId == migrationId && there.Name == name) is { } old)
        {
            DropCheckpoint(site, vm, old);
        }

        var made = new CheckpointState(migrationId, name, new SortedDictionary<string, DiskState>(StringComparer.Ordinal));
        foreach (var attached in vm.Disks)
        {
            var disk = site.Disks[attached.Location];
            made.Disks[attached.Name] = CopyOf(site, disk, $"{disk.Location}@{name}", $"{disk.Key}@{migrationId}.{name}");
        }

        vm.Checkpoints.Add(made);
        Touch(vm);
        return made;
    }

    /// <summary>The disks of a VM that moved live are the same: what has changed at its new place since a checkpoint of the old one can be told.</summary>
    internal void CopyCheckpoint(SiteState from, CheckpointState checkpoint, SiteState to, VmState there)
    {
        var made = new CheckpointState(checkpoint.MigrationId, checkpoint.Name, new SortedDictionary<string, DiskState>(StringComparer.Ordinal));
        foreach (var attached in there.Disks)
        {
            if (!checkpoint.Disks.TryGetValue(attached.Name, out var kept))
            {
                continue;
            }

            var disk = to.Disks[attached.Location];
            var copy = new DiskState
            {
                Location = $"{disk.Location}@{checkpoint.Name}",
                Pool = disk.Pool,
                LengthBytes = kept.LengthBytes,
                Format = disk.Format,
                Key = $"{disk.Key}@{checkpoint.MigrationId}.{checkpoint.Name}",
            };
            using var source = OpenKept(from, kept);
            using var target = OpenKept(to, copy);
            source.Disk.CopyTo(target.Disk);
            made.Disks[attached.Name] = copy;
        }

        there.Checkpoints.Add(made);
        Touch(there);
    }

    internal void DropCheckpoint(SiteState site, VmState vm, CheckpointState checkpoint)
    {
        vm.Checkpoints.Remove(checkpoint);
        foreach (var disk in checkpoint.Disks.Values)
        {
            owner.Store.DeleteDisk(site.Name, disk.Key);
        }

        Touch(vm);
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

    /// <summary>A disk as a checkpoint has kept it.</summary>
    internal OpenStore OpenKept(SiteState site, DiskState kept) => new(kept, owner.Store.OpenDisk(site.Name, kept.Key));

    internal void Remove(SiteState site, DiskState disk)
    {
        site.Disks.Remove(disk.Location);
        if (disk.Seed != 0)
        {
            site.Removed.Add(disk.Location);
        }

        foreach (var point in disk.Points)
        {
            owner.Store.DeleteDisk(site.Name, point.Disk.Key);
        }

        owner.Store.DeleteDisk(site.Name, disk.Key);
        world.Dirty = true;
    }

    /// <summary>Keeps a disk as it is now.</summary>
    internal void KeepPoint(SiteState site, DiskState disk, string id)
    {
        disk.Points.Add(new PointState(id, CopyOf(site, disk, $"{disk.Location}#{id}", $"{disk.Key}#{Uri.EscapeDataString(id)}")));
        Touch(disk);
    }

    /// <summary>A disk holds what it held at a point.</summary>
    internal void RestorePoint(SiteState site, DiskState disk, PointState point)
    {
        using (var kept = OpenKept(site, point.Disk))
        using (var now = OpenDisk(site, disk.Location))
        {
            kept.Disk.CopyTo(now.Disk);
            disk.AllocatedBytes = now.Disk.CountAllocated();
        }

        // A copy that was under way to it is none any more.
        disk.ResumeMap = null;
        Touch(disk);
    }

    internal void DropPoint(SiteState site, DiskState disk, PointState point)
    {
        disk.Points.Remove(point);
        owner.Store.DeleteDisk(site.Name, point.Disk.Key);
        Touch(disk);
    }

    /// <summary>Its disks stay.</summary>
    internal void Remove(SiteState site, VmState vm, string what)
    {
        foreach (var checkpoint in vm.Checkpoints.ToArray())
        {
            DropCheckpoint(site, vm, checkpoint);
        }

        site.Vms.Remove(vm.Id);
        site.Removed.Add(vm.Id);
        world.Dirty = true;
        Say(site, vm, what);
    }

    private int CopiesRunning(string uuid) =>
        world.Sites.Values.Count(site => site.Vms.TryGetValue(uuid, out var vm) && vm.Power == PowerState.Running);

    /// <summary>A further disk with the content of this one, which nobody else knows.</summary>
    internal void Clone(SiteState site, DiskState disk, string location)
    {
        var made = CopyOf(site, disk, location, $"{disk.Key}@{Uri.EscapeDataString(location)}");
        site.Disks[location] = made;
        Touch(made);
    }

    /// <summary>The disk's content as it is now, under a key of its own; the caller keeps it.</summary>
    private DiskState CopyOf(SiteState site, DiskState disk, string location, string key)
    {
        var made = new DiskState
        {
            Location = location,
            Pool = disk.Pool,
            LengthBytes = disk.LengthBytes,
            Format = disk.Format,
            Key = key,
            Seed = disk.Seed,
            DataBytes = disk.DataBytes,
        };
        using var open = OpenDisk(site, disk.Location);
        using var store = owner.Store.OpenDisk(site.Name, key);
        open.Store.CopyTo(store, open.Disk.Leaves, open.Disk.LengthOf);
        return made;
    }

    private void NotePower(VmState vm, int before, DateTimeOffset at)
    {
        if (vm.Stamp is { Role: Engine.Contracts.StampRole.Test })
        {
            // Another machine than the one that is watched.
            return;
        }

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

        internal LeafStore Store => store;

        // A store in memory is the disk itself and has nothing to close.
        public void Dispose() => store.Dispose();
    }
}
