using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Power, stamps and the fence.</content>
public sealed partial class SimulatorSite
{
    // Timers of the system count in milliseconds.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    public override Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation) =>
        ChangeAsync("EnsureStamp", vmId, stamp is null ? "none" : $"{stamp.MigrationId} {stamp.Role} {string.Join(", ", stamp.Notes.Select(note => $"{note.Key}={note.Value}"))}", (turn, site, _) =>
        {
            var vm = Must(site, vmId);
            if (stamp is null && vm.Stamp is { Role: StampRole.Target } released)
            {
                ReleaseDisks(turn, site, vm, released.MigrationId);
            }

            vm.Stamp = stamp is null ? null : new StampState(stamp.MigrationId, stamp.Role, new SortedDictionary<string, string>(stamp.Notes, StringComparer.Ordinal));
            turn.Touch(vm);
            turn.Say(site, vm, stamp is null ? "stamp released" : "stamped");
        }, cancellation);

    public override Task EnsureRunningAsync(string vmId, CancellationToken cancellation) =>
        ChangeAsync("EnsureRunning", vmId, "", (turn, site, _) =>
        {
            var vm = Must(site, vmId);
            if (vm.Power != PowerState.Running && vm.Fence is { } fence)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is fenced by migration {fence.MigrationId} and may not start.");
            }

            StartNow(turn, site, vm);
        }, cancellation);

    /// <remarks>A guest that is not off when the patience is over calls its shutdown off. One that was asked goes on shutting down when the call is cancelled.</remarks>
    public override Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation) =>
        CallAsync("EnsureOff", vmId, $"patience {patience}, force {force}", writes: true, async cut =>
        {
            var offAt = Change((turn, site) => AskToShutDown(turn, site, vmId, patience));
            if (offAt is null)
            {
                return true;
            }

            cut();
            var deadline = _time.GetUtcNow() + patience;
            var until = offAt < deadline ? offAt.Value : deadline;

            // A timer may fire a little early; the guest is not called deaf for that.
            while (until - _time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < Tick ? Tick : wait, _time, cancellation);
                _runner.MustLive();
            }

            return Change((turn, site) => IsOffAtLast(turn, site, vmId, force))
                ? true
                : throw No(PlatformErrorKind.TimedOut, $"The guest of {vmId} did not shut down within {patience.TotalSeconds:0.#} s and still runs.");
        }, () => true, cancellation);

    public override Task EnsureOffFrozenAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureOffFrozen", vmId, migrationId, (turn, site, cut) =>
        {
            var vm = Must(site, vmId);
            if (vm.Power == PowerState.Off)
            {
                return;
            }

            var (frozen, why) = Freeze(turn, site, vm, wished: true);
            if (!frozen)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} cannot be frozen: {why}. It was not switched off and runs on; set cutover.stop to Shutdown.");
            }

            cut();
            turn.PowerOff(site, vm, turn.Now, "switched off with its file systems frozen");
        }, cancellation);

    public override Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureFenced", vmId, migrationId, (turn, site, cut) =>
        {
            var vm = Must(site, vmId);
            if (vm.Fence is { } fence && fence.MigrationId != migrationId)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is fenced by another migration, {fence.MigrationId}.");
            }

            if (vm.Power != PowerState.Off)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is not off, so it cannot be fenced.");
            }

            if (vm.Fence is { Weakened: false })
            {
                return;
            }

            // What there was before is noted first: a process that dies in between must not lose it.
            vm.Fence = new FenceDetail(migrationId, vm.Fence?.Autostart ?? vm.Autostart, Weakened: vm.Autostart);
            turn.Touch(vm);
            cut();
            vm.Autostart = false;
            vm.Fence = vm.Fence with { Weakened = false };
            turn.Say(site, vm, "fenced");
        }, cancellation);

    public override Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureUnfenced", vmId, migrationId, (turn, site, cut) =>
        {
            var vm = Must(site, vmId);
            if (vm.Fence is not { } fence || fence.MigrationId != migrationId)
            {
                return;
            }

            vm.Autostart = fence.Autostart;
            turn.Touch(vm);
            cut();
            vm.Fence = null;
            turn.Say(site, vm, "unfenced");
        }, cancellation);

    private void StartNow(Turn turn, SiteState site, VmState vm)
    {
        turn.Thaw(vm);
        if (vm.Power == PowerState.Off)
        {
            MustBeAbleToStart(turn, site, vm);
            turn.PowerOn(site, vm, TakeGuestFault(turn, site, vm, "Guest.Boot") is not { Kind: FaultKind.Refuse });
        }
        else if (vm.Power != PowerState.Running)
        {
            vm.Power = PowerState.Running;
            turn.Touch(vm);
        }
    }

    /// <summary>A VM that is nobody's copy has disks that are nobody's either.</summary>
    private static void ReleaseDisks(Turn turn, SiteState site, VmState vm, string migrationId)
    {
        foreach (var attached in vm.Disks)
        {
            if (site.Disks.TryGetValue(attached.Location, out var disk) && disk.MigrationId == migrationId)
            {
                disk.MigrationId = null;
                turn.Touch(disk);
            }
        }
    }

    /// <returns>When the guest will be off: null when the VM is, the far future when the guest does not listen.</returns>
    private DateTimeOffset? AskToShutDown(Turn turn, SiteState site, string vmId, TimeSpan patience)
    {
        var vm = Must(site, vmId);
        if (vm.Power == PowerState.Off)
        {
            return null;
        }

        if (vm.Split)
        {
            throw No(PlatformErrorKind.Refused, $"{vm.Name} still sends memory to its new host: to switch it off here is to lose that.");
        }

        var listens = vm is { Power: PowerState.Running, Guest.IgnoresShutdown: false, Boots: true };
        if (vm.OffAt is null && patience > TimeSpan.Zero && listens && TakeGuestFault(turn, site, vm, "Guest.Shutdown") is not { Kind: FaultKind.Refuse })
        {
            turn.AskToShutDown(site, vm, vm.Guest.Shutdown);
        }

        return vm.OffAt ?? DateTimeOffset.MaxValue;
    }

    private bool IsOffAtLast(Turn turn, SiteState site, string vmId, bool force)
    {
        var vm = Must(site, vmId);
        if (vm.Power == PowerState.Off)
        {
            return true;
        }

        if (force)
        {
            turn.PowerOff(site, vm, turn.Now, "switched off");
            return true;
        }

        turn.CallOffShutdown(site, vm);
        return false;
    }

    private void MustBeAbleToStart(Turn turn, SiteState site, VmState vm)
    {
        foreach (var disk in vm.Disks)
        {
            if (!site.Disks.ContainsKey(disk.Location))
            {
                throw No(PlatformErrorKind.NotFound, $"{vm.Name} cannot start: its disk {disk.Name} at {disk.Location} is gone.");
            }

            if (_world.OpenDisks.IsOpen(disk.Location))
            {
                throw No(PlatformErrorKind.Busy, $"{vm.Name} cannot start: its disk {disk.Name} is in use.");
            }
        }

        var host = Estate.Hosts(Name, site.Options).FirstOrDefault(host => host.Name == vm.Host);
        if (host is not null && site.FreeMemory(host) < vm.MemoryBytes)
        {
            throw No(PlatformErrorKind.Full, $"{vm.Name} cannot start: it needs {vm.MemoryBytes >> 20} MiB of memory and {host.Name} has {site.FreeMemory(host) >> 20} MiB free.");
        }

        foreach (var nic in vm.Nics)
        {
            MustHaveNetwork(site, nic.Network);
        }
    }

    private void MustHaveNetwork(SiteState site, string network)
    {
        ImmutableArray<string> networks = Estate.Networks(site.Options);
        if (network != "user" && !networks.Contains(network))
        {
            throw No(PlatformErrorKind.NotFound, $"There is no network \"{network}\". There are: {string.Join(", ", networks)}.");
        }
    }
}
