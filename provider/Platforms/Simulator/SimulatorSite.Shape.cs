using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>What a hand has changed of a moved VM: names and places at any time, processors and memory while it is off.</content>
public sealed partial class SimulatorSite
{
    private const VmAspects ChangesRunning = VmAspects.Name | VmAspects.Host | VmAspects.Pool | VmAspects.Nics;

    public override Task EnsureShapedAsync(string vmId, string migrationId, VmShape shape, CancellationToken cancellation) =>
        ChangeAsync("EnsureShaped", vmId, $"{shape.Aspects} for {migrationId}", (turn, site, cut) =>
        {
            var vm = Must(site, vmId);
            if (vm.Stamp?.MigrationId != migrationId)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is not one of migration {migrationId}.");
            }

            if (vm.Power != PowerState.Off && (shape.Aspects & ~ChangesRunning) != 0)
            {
                throw No(PlatformErrorKind.Refused, $"{vm.Name} is not off, so its {shape.Aspects & ~ChangesRunning} cannot be changed.");
            }

            if (shape.Name is { } name && site.Vms.Values.Any(other => other.Name == name && other != vm))
            {
                throw No(PlatformErrorKind.Refused, $"The name \"{name}\" is taken by another VM.");
            }

            if (shape.Nics.FirstOrDefault(nic => !Estate.Networks(site.Options).Contains(nic.Network)) is { } lost)
            {
                throw No(PlatformErrorKind.NotFound, $"There is no network \"{lost.Network}\" any more, on which {lost.Mac} of {vm.Name} was.");
            }

            vm.Name = shape.Name ?? vm.Name;
            vm.Host = shape.Host ?? vm.Host;
            turn.Touch(vm);
            cut();
            vm.Cpus = shape.Cpus ?? vm.Cpus;
            vm.MemoryBytes = shape.MemoryBytes ?? vm.MemoryBytes;
            foreach (var nic in shape.Nics)
            {
                var at = vm.Nics.FindIndex(one => one.Mac.Equals(nic.Mac, StringComparison.OrdinalIgnoreCase));
                if (at < 0)
                {
                    vm.Nics.Add(new VmNicState(nic.Mac, nic.Model ?? "virtio", nic.Network));
                }
                else
                {
                    vm.Nics[at] = vm.Nics[at] with { Network = nic.Network };
                }
            }

            foreach (var disk in vm.Disks.Where(disk => shape.Disks.Contains(disk.Name)))
            {
                var state = site.Disks[disk.Location];
                state.Pool = shape.StoragePool ?? state.Pool;
                turn.Touch(state);
            }

            turn.Touch(vm);
            turn.Say(site, vm, "put back");
        }, cancellation);
}
