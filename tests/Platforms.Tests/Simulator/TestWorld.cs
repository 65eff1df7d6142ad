using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

/// <summary>Two sites: <c>dc1</c> with one small VM of two disks, <c>dc2</c> empty.</summary>
internal sealed class TestWorld
{
    internal const string Migration = "m-0123456789abcdef";

    internal static SiteOptions Small { get; } = new()
    {
        DataBytes = 1 << 20,
        Machines = [new MachineOptions { Name = "web", Disks = [8 << 20, (3 << 20) + 512], Autostart = true }],
    };

    internal TestWorld(SimulatedWorld? world = null, SiteOptions? source = null, SiteOptions? target = null, params ReadOnlySpan<Fault> faults)
    {
        Time = world?.Time as SimulatedTime ?? new SimulatedTime();
        World = world ?? new SimulatedWorld(Time);
        Dc1 = World.Open("dc1", (source ?? Small) with { Faults = [.. faults] });
        Dc2 = World.Open("dc2", target ?? new SiteOptions());
    }

    internal SimulatedTime Time { get; }

    internal SimulatedWorld World { get; }

    internal SimulatorSite Dc1 { get; }

    internal SimulatorSite Dc2 { get; }

    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal async Task<Vm> WebAsync() => (await Dc1.FindByNameAsync("web", Cancellation)).Single();

    /// <summary>Stops, fences, copies and starts at the target, as a migration would.</summary>
    internal async Task<string> MoveAsync()
    {
        var vm = await WebAsync();
        await Dc1.EnsureStampAsync(vm.Id, new Stamp(Migration, StampRole.Source), Cancellation);
        await Dc1.EnsureOffAsync(vm.Id, TimeSpan.FromMinutes(1), force: false, Cancellation);
        await Dc1.EnsureFencedAsync(vm.Id, Migration, Cancellation);
        var disks = ImmutableArray.CreateBuilder<TargetDisk>();
        foreach (var disk in vm.Disks)
        {
            var made = await Dc2.EnsureDiskAsync(new DiskRequest(Migration, vm.Name, "fast", disk.Name, disk.LengthBytes.Value, null), Cancellation);
            await using var from = await Dc1.OpenVmDiskAsync(vm.Id, disk.Name, writable: false, Cancellation);
            await using var to = await Dc2.OpenDiskAsync(made, Cancellation);
            await CopyAsync(from, to, Time);
            disks.Add(made);
        }

        var id = await Dc2.EnsureDefinedAsync(Request(vm, disks.ToImmutable()), Cancellation);
        await Dc2.EnsureRunningAsync(id, Cancellation);
        return id;
    }

    internal static VmRequest Request(Vm vm, ImmutableArray<TargetDisk> disks) =>
        new(new Stamp(Migration, StampRole.Target), vm, "simulator", vm.Name, null, disks, ImmutableDictionary<string, string>.Empty);

    internal static async Task<CopyResult> CopyAsync(DiskAccess from, DiskAccess to, TimeProvider time)
    {
        await using var reader = from.OpenReader();
        await using var writer = to.OpenWriter();
        return await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Digest = DigestAlgorithm.XxHash128, ReadBack = true, TargetIsZero = true, Time = time }, null, Cancellation);
    }
}
