using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <summary>
/// What an administrator, an operator at night or a failing host does behind our back. VMs are given by name or id; what is not there throws
/// <see cref="SimulatedMistakeException"/>.
/// </summary>
public sealed class ByHand
{
    private readonly SimulatedWorld _world;

    internal ByHand(SimulatedWorld world) => _world = world;

    /// <summary>Starts a VM, fence or no fence. Does nothing to one that runs.</summary>
    public void Start(string site, string vm) => Do(site, vm, (turn, at, found) =>
    {
        if (found.Power == PowerState.Off)
        {
            turn.PowerOn(at, found, boots: true);
        }
    });

    /// <summary>Pulls the plug.</summary>
    public void PowerOff(string site, string vm) => Do(site, vm, (turn, at, found) =>
    {
        if (found.Power != PowerState.Off)
        {
            turn.PowerOff(at, found, turn.Now, "powered off");
        }
    });

    /// <summary>Asks the guest to shut down; it is off after its usual time.</summary>
    public void ShutDown(string site, string vm) => Do(site, vm, (turn, at, found) =>
    {
        if (found.Power == PowerState.Running)
        {
            turn.AskToShutDown(at, found, found.Guest.Shutdown);
        }
    });

    /// <summary>All VMs of a host are off at once, as after a crash of the hypervisor.</summary>
    public void CrashHost(string site, string host) => _world.Change(_world.Time, byHand: true, turn =>
    {
        var at = turn.Site(site);
        foreach (var vm in at.Vms.Values.Where(vm => vm.Host == host && vm.Power != PowerState.Off).ToArray())
        {
            turn.PowerOff(at, vm, turn.Now, "host crashed");
            vm.Crashed = true;
        }

        return true;
    });

    /// <summary>Deletes a VM, running or not, and its disks unless they are to be kept.</summary>
    public void Delete(string site, string vm, bool keepDisks = false) => Do(site, vm, (turn, at, found) => Delete(turn, at, found, keepDisks));

    /// <summary>Makes a VM, in place of one of the same name.</summary>
    /// <returns>Its id.</returns>
    public string Create(string site, MachineOptions machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return _world.Change(_world.Time, byHand: true, turn =>
        {
            var at = turn.Site(site);
            if (at.Vms.Values.FirstOrDefault(vm => vm.Name == machine.Name) is { } old)
            {
                Delete(turn, at, old, keepDisks: false);
            }

            var made = Estate.Create(at, machine, turn.Now);
            turn.Touch(made);
            made.Disks.ForEach(disk => turn.Touch(at.Disks[disk.Location]));
            turn.Say(at, made, "created");
            return made.Id;
        });
    }

    public void Rename(string site, string vm, string name) => Edit(site, vm, found => found.Name = name, "renamed");

    /// <summary>The VM is on another host from now on; a running one keeps running.</summary>
    public void MoveToHost(string site, string vm, string host) => Edit(site, vm, found => found.Host = host, "moved to another host");

    /// <summary>Moves one of its disks to another pool; the content goes along.</summary>
    public void MoveToPool(string site, string vm, string disk, string pool) => Do(site, vm, (turn, at, found) =>
    {
        var state = DiskOf(at, found, disk);
        state.Pool = pool;
        turn.Touch(state);
        turn.Touch(found);
        turn.Say(at, found, "moved to another pool");
    });

    /// <summary>Gives it one more disk, empty, in the pool of its first one.</summary>
    public void AddDisk(string site, string vm, string disk, long lengthBytes) => Do(site, vm, (turn, at, found) =>
    {
        var location = $"sim://{site}/by-hand/{found.Id}-{disk}";
        var made = new DiskState
        {
            Location = location,
            Pool = at.Disks[found.Disks[0].Location].Pool,
            LengthBytes = lengthBytes,
            Format = "raw",
            Key = $"by-hand-{found.Id}-{disk}",
        };
        at.Disks[location] = made;
        found.Disks.Add(new VmDiskState(disk, location, "virtio"));
        turn.Touch(made);
        turn.Touch(found);
        turn.Say(at, found, "got another disk");
    });

    /// <summary>Gives it other CPUs or memory.</summary>
    public void Reshape(string site, string vm, int? cpus = null, long? memoryBytes = null) => Edit(site, vm, found =>
    {
        found.Cpus = cpus ?? found.Cpus;
        found.MemoryBytes = memoryBytes ?? found.MemoryBytes;
    }, "reshaped");

    /// <summary>Attaches a network card to a network, an old one by its hardware address or a new one; with no network, takes it away.</summary>
    public void SetNic(string site, string vm, string mac, string? network) => Edit(site, vm, found =>
    {
        var model = found.Nics.Find(nic => nic.Mac == mac)?.Model ?? "virtio";
        found.Nics.RemoveAll(nic => nic.Mac == mac);
        if (network is not null)
        {
            found.Nics.Add(new VmNicState(mac, model, network));
        }
    }, "network cards changed");

    public void SetAutostart(string site, string vm, bool on) => Edit(site, vm, found =>
    {
        found.Autostart = on;
        if (on && found.Fence is { } fence)
        {
            found.Fence = fence with { Weakened = true };
        }
    }, "autostart changed");

    /// <summary>Takes our stamp away.</summary>
    public void RemoveStamp(string site, string vm) => Edit(site, vm, found => found.Stamp = null, "stamp removed");

    /// <summary>Takes our fence away, stamp and all else left as they are.</summary>
    public void RemoveFence(string site, string vm) => Edit(site, vm, found => found.Fence = null, "fence removed");

    /// <summary>Makes or removes snapshots.</summary>
    public void SetSnapshots(string site, string vm, int count) => Edit(site, vm, found => found.Snapshots = count, "snapshots changed");

    /// <summary>The platform forgets what it has tracked: no checkpoint is left.</summary>
    public void ResetTracking(string site, string vm) => Do(site, vm, (turn, at, found) =>
    {
        foreach (var checkpoint in found.Checkpoints.ToArray())
        {
            turn.DropCheckpoint(at, found, checkpoint);
        }

        turn.Say(at, found, "tracking reset");
    });

    /// <summary>A task holds the VM, as a backup would; null: no more.</summary>
    public void SetBusy(string site, string vm, string? with) => Edit(site, vm, found => found.BusyWith = with, "task changed");

    /// <summary>Changes the guest's behaviour from its next start on; whether it ignores a shutdown, at once.</summary>
    public void ChangeGuest(string site, string vm, Func<Guests.GuestOptions, Guests.GuestOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Edit(site, vm, found => found.Guest = change(found.Guest), "guest changed");
    }

    /// <summary>Writes to a disk of a VM, running or not.</summary>
    public void WriteToDisk(string site, string vm, string disk, long offset, ReadOnlyMemory<byte> content) => Do(site, vm, (turn, at, found) =>
    {
        turn.BringUpToDate(at, found);
        var state = DiskOf(at, found, disk);
        using var open = turn.OpenDisk(at, state.Location);
        state.AllocatedBytes += open.Disk.Write(offset, content.Span);
        turn.Touch(state);
        turn.Say(at, found, "disk written");
    });

    /// <summary>Reads from a disk of a VM as it is now, running or not.</summary>
    public byte[] ReadFromDisk(string site, string vm, string disk, long offset, int lengthBytes)
    {
        var content = new byte[lengthBytes];
        Do(site, vm, (turn, at, found) =>
        {
            turn.BringUpToDate(at, found);
            using var open = turn.OpenDisk(at, DiskOf(at, found, disk).Location);
            open.Disk.Read(offset, content);
        });
        return content;
    }

    private static void Delete(Turn turn, SiteState at, VmState vm, bool keepDisks)
    {
        if (vm.Power != PowerState.Off)
        {
            turn.PowerOff(at, vm, turn.Now, "powered off");
        }

        foreach (var disk in vm.Disks)
        {
            if (!keepDisks && at.Disks.TryGetValue(disk.Location, out var state))
            {
                turn.Remove(at, state);
            }
        }

        turn.Remove(at, vm, "deleted");
    }

    private static DiskState DiskOf(SiteState site, VmState vm, string disk) =>
        vm.Disks.Find(found => found.Name == disk) is { } named && site.Disks.TryGetValue(named.Location, out var state)
            ? state
            : throw new SimulatedMistakeException($"The VM \"{vm.Name}\" at the simulated site \"{site.Name}\" has no disk \"{disk}\".");

    private void Edit(string site, string vm, Action<VmState> edit, string what) => Do(site, vm, (turn, at, found) =>
    {
        edit(found);
        turn.Touch(found);
        turn.Say(at, found, what);
    });

    private void Do(string site, string vm, Action<Turn, SiteState, VmState> change) => _world.Change(_world.Time, byHand: true, turn =>
    {
        var at = turn.Site(site);
        change(turn, at, at.Find(vm));
        return true;
    });
}
