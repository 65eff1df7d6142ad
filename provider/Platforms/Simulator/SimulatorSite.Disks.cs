using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Disks;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Disks: made, opened and removed.</content>
public sealed partial class SimulatorSite
{
    /// <summary>A declared bandwidth is what a try would find.</summary>
    public override Task<double?> ProbeLinkAsync(LinkDirection direction, CancellationToken cancellation) => Task.FromResult(_options.BytesPerSecond);

    public override Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation) =>
        ChangeAsync("EnsureDisk", null, $"{request.MigrationId} {request.VmName}/{request.DiskName}, {request.LengthBytes} B in {request.Pool}", (turn, site, cut) =>
        {
            var pool = Estate.Pools(site.Options).FirstOrDefault(pool => pool.Name == request.Pool)
                ?? throw No(PlatformErrorKind.NotFound, $"There is no storage pool \"{request.Pool}\".");
            if (site.Disks.Values.FirstOrDefault(disk => disk.MigrationId == request.MigrationId && disk.DiskName == request.DiskName) is { } found)
            {
                var there = SimulatedFacts.TargetDisk(site, found);
                if (found.LengthBytes == request.LengthBytes && found.Pool == request.Pool)
                {
                    return there;
                }

                if (there.Attached is not null)
                {
                    throw No(PlatformErrorKind.Refused, $"The disk {found.Location} has {found.LengthBytes} bytes in pool \"{found.Pool}\" and belongs to a VM; {request.LengthBytes} bytes in pool \"{request.Pool}\" are asked for.");
                }

                turn.Remove(site, found);
                cut();
            }

            if (site.FreeBytes(pool) <= 0)
            {
                throw No(PlatformErrorKind.Full, $"Storage pool \"{pool.Name}\" is full.");
            }

            var made = NewDisk(request);
            site.Disks[made.Location] = made;
            turn.Touch(made);
            return SimulatedFacts.TargetDisk(site, made) with { IsNew = true };
        }, () => new TargetDisk(request.MigrationId, request.DiskName, request.Pool, NewDisk(request).Location, request.LengthBytes, "raw", null) { IsNew = true }, cancellation);

    public override Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation) =>
        OpenAsync("OpenDisk", null, disk.Location, writable: true, (_, site) =>
        {
            if (!site.Disks.TryGetValue(disk.Location, out var state))
            {
                throw No(PlatformErrorKind.NotFound, $"There is no disk {disk.Location}.");
            }

            if (state.MigrationId != disk.MigrationId)
            {
                throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} is not one of migration {disk.MigrationId}.");
            }

            if (site.Vms.Values.FirstOrDefault(vm => vm.Power != PowerState.Off && vm.Disks.Exists(attached => attached.Location == disk.Location)) is { } user)
            {
                throw No(PlatformErrorKind.Busy, $"The disk {disk.Location} is in use by {user.Name}, which is not off.");
            }

            return state;
        }, cancellation);

    public override Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation) =>
        OpenAsync("OpenVmDisk", vmId, $"{diskName}{(writable ? ", writable" : "")}", writable, (_, site) =>
        {
            var vm = Must(site, vmId);
            if (vm.Power != PowerState.Off)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is not off, so its disks cannot be opened.");
            }

            return vm.Disks.Find(disk => disk.Name == diskName) is { } disk && site.Disks.TryGetValue(disk.Location, out var state)
                ? state
                : throw No(PlatformErrorKind.NotFound, $"{vm.Name} has no disk \"{diskName}\".");
        }, cancellation);

    public override Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation) =>
        ChangeAsync("EnsureDiskRemoved", null, disk.Location, (turn, site, _) =>
        {
            if (!site.Disks.TryGetValue(disk.Location, out var state))
            {
                return;
            }

            if (state.MigrationId != disk.MigrationId)
            {
                throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} is not one of migration {disk.MigrationId}.");
            }

            if (SimulatedFacts.TargetDisk(site, state).Attached is { } vm)
            {
                throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} belongs to the VM {vm} by now.");
            }

            MustNotBeOpen(state);
            turn.Remove(site, state);
        }, cancellation);

    private void MustNotBeOpen(DiskState disk)
    {
        if (_world.OpenDisks.IsOpen(disk.Location))
        {
            throw No(PlatformErrorKind.Busy, $"The disk {disk.Location} is in use.");
        }
    }

    private DiskState NewDisk(DiskRequest request)
    {
        // The migration's part makes the name unique in the pool; it is the same at every try.
        var part = Mixing.Mix(0, request.MigrationId).ToString("x16", System.Globalization.CultureInfo.InvariantCulture)[..8];
        return new DiskState
        {
            Location = $"sim://{Name}/{request.Pool}/{request.VmName}-{request.DiskName}.{part}",
            Pool = request.Pool,
            LengthBytes = request.LengthBytes,
            Format = "raw",
            Key = Uri.EscapeDataString($"{request.Pool}-{request.VmName}-{request.DiskName}.{part}"),
            MigrationId = request.MigrationId,
            DiskName = request.DiskName,
        };
    }

    private async Task<DiskAccess> OpenAsync(string name, string? vm, string arguments, bool writable, Func<Turn, SiteState, DiskState> find, CancellationToken cancellation)
    {
        var token = new object();
        DiskState state;
        long room;
        try
        {
            (state, room) = await CallAsync(name, vm, arguments, writes: writable, _ => Task.FromResult(Look((turn, site) =>
            {
                var disk = find(turn, site);
                _world.OpenDisks.Add(_runner, disk.Location, token);
                var pool = Estate.Pools(site.Options).FirstOrDefault(pool => pool.Name == disk.Pool);
                return (disk, pool is null ? long.MaxValue : site.FreeBytes(pool));
            })), null, cancellation);
        }
        catch
        {
            // Opened, and the answer was lost: whoever asked has nothing to close.
            _world.OpenDisks.Remove(token);
            throw;
        }

        var store = _world.Store.OpenDisk(Name, state.Key);
        var content = new SimulatedDisk(state, store);
        var location = state.Location;
        var mayFail = !_options.Faults.IsDefaultOrEmpty
            && _options.Faults.Any(fault => FaultTable.Glob(fault.Call, "ReadBlocks") || FaultTable.Glob(fault.Call, "WriteBlocks"));
        return new SimulatedDiskAccess(new OpenDisk
        {
            Name = location,
            Disk = content,
            Writable = writable,
            Time = _time,
            Pace = _pace,
            TakeFault = mayFail ? call => TakeFault(call, vm) : null,
            TakeRoom = bytes => bytes <= 0 ? Interlocked.Add(ref room, -bytes) >= 0 : Interlocked.Add(ref room, -bytes) >= 0 || GiveBack(bytes),
            MustLive = _runner.MustLive,
            Map = writable ? new SimulatedMap(this, location) : null,
            Die = fault => throw Die(fault, $"while it moved blocks of {location}"),
            Closed = () =>
            {
                _world.OpenDisks.Remove(token);
                if (writable)
                {
                    NoteAllocation(location, content.CountAllocated());
                }

                store.Dispose();
            },
        });

        bool GiveBack(long bytes)
        {
            Interlocked.Add(ref room, bytes);
            return false;
        }
    }

    private byte[]? ReadMap(string location) =>
        Look((_, site) => site.Disks.TryGetValue(location, out var disk) ? disk.ResumeMap : null);

    private void NoteMap(string location, byte[]? map) => _world.Change(_time, byHand: false, turn =>
    {
        if (turn.Site(Name).Disks.TryGetValue(location, out var disk) && (disk.ResumeMap is not null || map is not null))
        {
            disk.ResumeMap = map;
            turn.Touch(disk);
        }

        return true;
    });

    /// <summary>The map of a copy, kept with its disk.</summary>
    private sealed class SimulatedMap(SimulatorSite site, string location) : ResumeStore
    {
        public override ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken)
        {
            site._runner.MustLive();
            return ValueTask.FromResult(site.ReadMap(location));
        }

        public override ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken)
        {
            site._runner.MustLive();
            site.NoteMap(location, map.ToArray());
            return ValueTask.CompletedTask;
        }

        public override ValueTask DeleteAsync(CancellationToken cancellationToken)
        {
            site._runner.MustLive();
            site.NoteMap(location, null);
            return ValueTask.CompletedTask;
        }
    }

    private void NoteAllocation(string location, long allocatedBytes) => _world.Change(_time, byHand: false, turn =>
    {
        if (turn.Site(Name).Disks.TryGetValue(location, out var disk) && disk.AllocatedBytes != allocatedBytes)
        {
            disk.AllocatedBytes = allocatedBytes;
            turn.Touch(disk);
        }

        return true;
    });
}
