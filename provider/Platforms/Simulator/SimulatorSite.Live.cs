using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Moves of a running VM to another site of the same world.</content>
public sealed partial class SimulatorSite
{
    /// <summary>The simulated memory link, where the site has no bandwidth of its own.</summary>
    private const double LiveBytesPerSecond = 1L << 30;

    private static readonly TimeSpan Switch = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LiveReport = TimeSpan.FromMilliseconds(500);

    public override Task<ImmutableArray<string>> FindLiveBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        ReadAsync<ImmutableArray<string>>("FindLiveBlockers", vmId, to.Name, (_, site) =>
        {
            var vm = Must(site, vmId);
            return
            [
                .. vm.Power == PowerState.Running ? [] : new[] { $"{vm.Name} does not run" },
                .. vm.SpecialDevices.Where(kind => kind.StartsWith("hostdev", StringComparison.Ordinal)).Select(kind => $"device {kind} is tied to its host"),
            ];
        }, cancellation);

    /// <remarks>A guest that overwrites data as fast as the memory link carries counts as one that does not converge.</remarks>
    public override Task<PostCopyAbility> FindPostCopyBlockersAsync(string vmId, Site to, CancellationToken cancellation) => Task.FromResult(new PostCopyAbility([], null));

    public override Task<LiveResult> MoveLiveAsync(LiveRequest request, Site to, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        if (to is not SimulatorSite there || there._world != _world || Capabilities.LiveFamily is null || there.Capabilities.LiveFamily is null)
        {
            throw Lacks($"move a running VM with its memory to site \"{to.Name}\"");
        }

        return CallAsync("MoveLive", request.VmId, $"to {to.Name} as {request.Target.Name}", writes: true, async cut =>
        {
            var started = _time.GetTimestamp();
            there.Establish();
            var rate = Math.Min(request.BytesPerSecond ?? LiveBytesPerSecond, Math.Min(_options.BytesPerSecond ?? LiveBytesPerSecond, there._options.BytesPerSecond ?? LiveBytesPerSecond));
            if (Change((turn, site) => IsSplit(turn, site, there, request)))
            {
                return await FollowAsync(request, there, rate, started, TimeSpan.Zero, progress);
            }

            var (bytes, split, finished) = Change((turn, site) => BeginLive(turn, site, there, request, rate, cut));
            if (finished)
            {
                return new LiveResult(IdOf(request.Target), TimeSpan.Zero, 0, TimeSpan.Zero);
            }

            try
            {
                var end = TimeSpan.FromSeconds(bytes / rate);
                for (TimeSpan now; (now = _time.GetElapsedTime(started)) < end;)
                {
                    progress?.Report(new LiveProgress(bytes, (long)(bytes * (now / end)), rate, "move memory and disks"));
                    await Task.Delay(end - now < LiveReport ? end - now + Tick : LiveReport, _time, cancellation);
                    _runner.MustLive();
                }
            }
            catch (OperationCanceledException)
            {
                Change((turn, site) => CallOffLive(turn, site, request));
                throw;
            }

            var downtime = Switch < request.MaxDowntime ? Switch : request.MaxDowntime;
            var id = Change((turn, site) => SwitchLive(turn, site, there, request, downtime, split));
            if (split)
            {
                cut();
                return await FollowAsync(request, there, rate, started, downtime, progress);
            }

            progress?.Report(new LiveProgress(bytes, bytes, rate, "move memory and disks"));
            return new LiveResult(id, downtime, bytes, _time.GetElapsedTime(started));
        }, null, cancellation);
    }

    /// <summary>What is split can only go on: a cancellation waits for the end.</summary>
    private async Task<LiveResult> FollowAsync(LiveRequest request, SimulatorSite there, double rate, long started, TimeSpan downtime, IProgress<LiveProgress>? progress)
    {
        var (bytes, broken) = Change((turn, site) =>
        {
            var vm = Must(site, request.VmId);
            return (vm.MemoryBytes, TakeGuestFault(turn, site, vm, "Guest.Memory") is { Kind: FaultKind.Refuse });
        });
        if (broken)
        {
            throw No(PlatformErrorKind.TimedOut, $"{request.Target.Source.Name} changed sides before all its memory had come, and then the way to site \"{there.Name}\" broke. It stands still there wherever it needs what is still here: switch off neither, and run again.");
        }

        progress?.Report(new LiveProgress(bytes, 0, rate, "memory follows"));
        await Task.Delay(TimeSpan.FromSeconds(bytes / rate) + Tick, _time, CancellationToken.None);
        _runner.MustLive();
        return Change((turn, site) =>
        {
            var vm = Must(site, request.VmId);
            if (vm.Split && turn.Site(there.Name).Vms.GetValueOrDefault(IdOf(request.Target))?.Power != PowerState.Running)
            {
                throw No(PlatformErrorKind.TimedOut, $"{vm.Name} changed sides before all its memory had come, and does not run at site \"{there.Name}\" any more: its memory is lost. Switch it off here by hand and run again.");
            }

            if (vm.Split)
            {
                turn.EndSplit(site, vm);
            }

            return new LiveResult(IdOf(request.Target), downtime, bytes, _time.GetElapsedTime(started));
        });
    }

    private bool IsSplit(Turn turn, SiteState site, SimulatorSite there, LiveRequest request) =>
        Must(site, request.VmId).Split && turn.Site(there.Name).Vms.GetValueOrDefault(IdOf(request.Target))?.Stamp?.MigrationId == request.MigrationId;

    /// <returns>How much there is to send; whether it changes sides before its memory, since it writes as fast as that is sent; true when an earlier run's move has happened already.</returns>
    private (long Bytes, bool Split, bool Finished) BeginLive(Turn turn, SiteState site, SimulatorSite there, LiveRequest request, double rate, Action cut)
    {
        var vm = Must(site, request.VmId);
        var target = turn.Site(there.Name);
        if (vm.Power == PowerState.Off && target.Vms.TryGetValue(IdOf(request.Target), out var moved)
            && moved.Stamp?.MigrationId == request.MigrationId && moved.Power == PowerState.Running)
        {
            return (0, false, true);
        }

        if (vm.Power != PowerState.Running)
        {
            throw No(PlatformErrorKind.Refused, $"{vm.Name} does not run, so there is no memory to move.");
        }

        if (vm.BusyWith is { } other)
        {
            throw No(PlatformErrorKind.Busy, $"{vm.Name} is held by {other}.");
        }

        if (target.Vms.TryGetValue(IdOf(request.Target), out var present) && present.Stamp?.MigrationId != request.MigrationId)
        {
            throw there.No(PlatformErrorKind.Refused, $"A VM with the id {present.Id} exists already, \"{present.Name}\", and is not one of migration {request.MigrationId}.");
        }

        turn.Thaw(vm);
        LetGo(turn, site, vm);
        vm.Round = new RoundState(request.MigrationId, "live");
        turn.Touch(vm);
        var split = request.PostCopy && vm.Guest.BytesPerSecond >= rate;
        if (!split)
        {
            cut();
        }

        return (vm.MemoryBytes + vm.Disks.Sum(disk => site.Disks[disk.Location].AllocatedBytes), split, false);
    }

    private static bool CallOffLive(Turn turn, SiteState site, LiveRequest request)
    {
        if (site.Vms.TryGetValue(request.VmId, out var vm))
        {
            vm.Round = null;
            turn.Touch(vm);
        }

        return true;
    }

    /// <summary>Disks and VM change sides in one turn, as the guest is paused for it.</summary>
    private string SwitchLive(Turn turn, SiteState site, SimulatorSite there, LiveRequest request, TimeSpan downtime, bool split)
    {
        var vm = Must(site, request.VmId);
        if (vm.Power != PowerState.Running)
        {
            throw No(PlatformErrorKind.Refused, $"{vm.Name} was switched off while it moved.");
        }

        var target = turn.Site(there.Name);
        var made = there.Make(turn, target, IdOf(request.Target), request.Target);

        // The clock does not move inside a turn: the pause began before it, and the guest has written nothing since.
        vm.FrozenAt = turn.Now - downtime;
        turn.BringUpToDate(site, vm);
        foreach (var attached in vm.Disks)
        {
            var to = target.Disks[made.Disks.Find(disk => disk.Name == attached.Name)!.Location];
            using var from = turn.OpenDisk(site, attached.Location);
            using var into = turn.OpenDisk(target, to.Location);
            from.Disk.CopyTo(into.Disk);
            to.AllocatedBytes = into.Disk.CountAllocated();
            turn.Touch(to);
        }

        target.Vms[made.Id] = made;

        // From the switch on the source cannot start: the same turn fences it.
        vm.Fence ??= new FenceDetail(request.MigrationId, vm.Autostart, Weakened: false);
        vm.Autostart = false;

        turn.MoveLive(site, vm, target, made, turn.Now - downtime, split);

        // Tracking goes along: what the checkpoints of the source kept is what the target began with, too.
        foreach (var checkpoint in vm.Checkpoints.Where(checkpoint => checkpoint.MigrationId == request.MigrationId))
        {
            turn.CopyCheckpoint(site, checkpoint, target, made);
        }

        return made.Id;
    }
}
