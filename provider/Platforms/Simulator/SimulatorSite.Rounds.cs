using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Checkpoints and rounds of changed blocks. A checkpoint keeps the disks whole, so what has changed is found by comparing.</content>
public sealed partial class SimulatorSite
{
    public override async Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation)
    {
        MustTrack();
        var opened = await ChangeAsync("OpenRound", request.VmId, $"{request.Checkpoint} since {request.Since ?? "the beginning"}", (turn, site, cut) =>
        {
            var vm = Must(site, request.VmId);
            if (vm.BusyWith is { } other)
            {
                throw No(PlatformErrorKind.Busy, $"{vm.Name} is held by {other}.");
            }

            if (vm.Round is { } theirs && theirs.MigrationId != request.MigrationId)
            {
                throw No(PlatformErrorKind.Busy, $"{vm.Name} is held by a round of migration {theirs.MigrationId}.");
            }

            var since = Find(vm, request.MigrationId, request.Since);
            var (quiesced, why) = Freeze(turn, site, vm, request.Quiesce);
            cut();
            var made = turn.MakeCheckpoint(site, vm, request.MigrationId, request.Checkpoint);
            vm.Round = new RoundState(request.MigrationId, request.Checkpoint);
            cut();
            turn.Thaw(vm);
            return new Opened(made, since, quiesced, why);
        }, static () => new Opened(null, null, false, "it was never asked"), cancellation);
        return new Round(this, request, opened);
    }

    public override Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ReadAsync("FindCheckpoints", vmId, migrationId, (_, site) =>
            Must(site, vmId).Checkpoints.Where(made => made.MigrationId == migrationId).Select(made => made.Name).ToImmutableArray(), cancellation);

    /// <remarks>What the guest has written by now is noted before it is measured.</remarks>
    public override Task<long?> MeasureChangedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        CallAsync<long?>("MeasureChanged", vmId, checkpoint, writes: false, _ => Task.FromResult(Change<long?>((turn, site) =>
        {
            var vm = Must(site, vmId);
            turn.BringUpToDate(site, vm);
            var since = Find(vm, migrationId, checkpoint) ?? throw No(PlatformErrorKind.NotFound, $"{vm.Name} has no checkpoint {checkpoint} any more.");
            var bytes = 0L;
            foreach (var attached in vm.Disks)
            {
                if (since.Disks.TryGetValue(attached.Name, out var kept))
                {
                    using var newer = turn.OpenDisk(site, attached.Location);
                    using var older = turn.OpenKept(site, kept);
                    bytes += newer.Disk.ChangedSince(older.Disk).TotalBytes;
                }
            }

            return bytes;
        })), null, cancellation);

    public override Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        ChangeAsync("EnsureCheckpointRemoved", vmId, checkpoint, (turn, site, _) =>
        {
            if (site.Vms.TryGetValue(vmId, out var vm) && Find(vm, migrationId, checkpoint) is { } made)
            {
                turn.DropCheckpoint(site, vm, made);
            }
        }, cancellation);

    public override Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureTrackingRemoved", vmId, migrationId, (turn, site, cut) =>
        {
            if (!site.Vms.TryGetValue(vmId, out var vm))
            {
                return;
            }

            if (vm.Round?.MigrationId == migrationId)
            {
                vm.Round = null;
                turn.Touch(vm);
            }

            turn.Thaw(vm);
            LetGo(turn, site, vm);
            foreach (var made in vm.Checkpoints.Where(made => made.MigrationId == migrationId).ToArray())
            {
                turn.DropCheckpoint(site, vm, made);
                cut();
            }
        }, cancellation);

    /// <remarks>A guest that may write less also works less: what it acknowledges, it has written.</remarks>
    public override Task EnsureSlowedAsync(string vmId, string migrationId, long? bytesPerSecond, CancellationToken cancellation) =>
        ChangeAsync("EnsureSlowed", vmId, bytesPerSecond?.ToString(CultureInfo.InvariantCulture) ?? "no longer", (turn, site, _) =>
        {
            if (!site.Vms.TryGetValue(vmId, out var vm) || vm.Power != PowerState.Running)
            {
                return;
            }

            if (bytesPerSecond is not { } most)
            {
                LetGo(turn, site, vm);
            }
            else if (vm.Guest.BytesPerSecond > most)
            {
                turn.Slow(site, vm, most / vm.Guest.BytesPerSecond);
            }
        }, cancellation);

    private static void LetGo(Turn turn, SiteState site, VmState vm)
    {
        if (vm.SlowedAt is not null)
        {
            turn.Slow(site, vm, 1);
        }
    }

    public override Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        ChangeAsync("EnsureRunningTracked", vmId, checkpoint, (turn, site, cut) =>
        {
            var vm = Must(site, vmId);
            if (vm.Fence is { } fence && vm.Power != PowerState.Running)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is fenced by migration {fence.MigrationId} and may not start.");
            }

            var there = Find(vm, migrationId, checkpoint) is not null;
            if (vm.Power == PowerState.Off && _options.ChangedBlockTracking && !there)
            {
                turn.MakeCheckpoint(site, vm, migrationId, checkpoint);
                there = true;
                cut();
            }

            StartNow(turn, site, vm);
            return there;
        }, () => true, cancellation);

    private static CheckpointState? Find(VmState vm, string migrationId, string? checkpoint) =>
        vm.Checkpoints.Find(made => made.MigrationId == migrationId && made.Name == checkpoint);

    private static (bool Quiesced, string? Why) Freeze(Turn turn, SiteState site, VmState vm, bool wished)
    {
        // One that an earlier run left frozen works again before anything else.
        turn.Thaw(vm);
        if (!wished)
        {
            return (false, null);
        }

        if (vm.Power == PowerState.Off)
        {
            return (true, null);
        }

        if (!Guest.AgentAnswers(vm, turn.Now))
        {
            return (false, "its guest agent does not answer");
        }

        if (TakeGuestFault(turn, site, vm, "Guest.Freeze") is { Kind: FaultKind.Refuse } fault)
        {
            return (false, fault.Message ?? "its guest agent could not freeze the file systems");
        }

        vm.FrozenAt = turn.Now;
        turn.Touch(vm);
        return (true, null);
    }

    private void MustTrack()
    {
        if (!_options.ChangedBlockTracking)
        {
            throw Lacks("read the blocks that a VM has changed");
        }
    }

    private Task<ExtentSet?> ChangedAsync(RoundRequest request, CheckpointState made, CheckpointState? since, string diskName, CancellationToken cancellation) =>
        ReadAsync("Changed", request.VmId, diskName, (turn, site) =>
        {
            if (!made.Disks.TryGetValue(diskName, out var now))
            {
                throw No(PlatformErrorKind.NotFound, $"There is no disk \"{diskName}\" in checkpoint {made.Name}.");
            }

            if (since is null || !since.Disks.TryGetValue(diskName, out var then))
            {
                return null;
            }

            using var newer = turn.OpenKept(site, now);
            using var older = turn.OpenKept(site, then);
            return newer.Disk.ChangedSince(older.Disk);
        }, cancellation);

    private Task<DiskAccess> OpenKeptAsync(RoundRequest request, CheckpointState made, string diskName, CancellationToken cancellation) =>
        OpenAsync("OpenRoundDisk", request.VmId, $"{request.Checkpoint} {diskName}", writable: false, (_, _) =>
            made.Disks.GetValueOrDefault(diskName) ?? throw No(PlatformErrorKind.NotFound, $"There is no disk \"{diskName}\" in checkpoint {made.Name}."), cancellation);

    private Task<bool> CloseAsync(RoundRequest request) =>
        ChangeAsync("CloseRound", request.VmId, request.Checkpoint, (turn, site, _) =>
        {
            if (site.Vms.TryGetValue(request.VmId, out var vm) && vm.Round is { } open && open.MigrationId == request.MigrationId && open.Checkpoint == request.Checkpoint)
            {
                vm.Round = null;
                turn.Touch(vm);
            }
        }, CancellationToken.None);

    private sealed record Opened(CheckpointState? Made, CheckpointState? Since, bool Quiesced, string? Why);

    private sealed class Round(SimulatorSite site, RoundRequest request, Opened opened) : DiskRound
    {
        private int _closed;

        public override string Checkpoint => request.Checkpoint;

        public override string? Since => opened.Since?.Name;

        public override bool Quiesced => opened.Quiesced;

        public override string? WhyNotQuiesced => opened.Why;

        private CheckpointState Made => opened.Made ?? throw site.No(PlatformErrorKind.NotFound, $"There is no checkpoint {request.Checkpoint}.");

        public override Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation) => site.ChangedAsync(request, Made, opened.Since, diskName, cancellation);

        public override Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation) => site.OpenKeptAsync(request, Made, diskName, cancellation);

        public override async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
            {
                try
                {
                    await site.CloseAsync(request);
                }
                catch (Exception e) when (e is PlatformException or SimulatedCrashException)
                {
                    // Whoever opens the next round closes this one first; and a dead process closes nothing.
                }
            }
        }
    }
}
