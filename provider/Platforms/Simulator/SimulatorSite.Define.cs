using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>VMs: defined and removed.</content>
public sealed partial class SimulatorSite
{
    public override Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation) =>
        ChangeAsync("EnsureDefined", IdOf(request), $"{request.Name} for {request.Stamp.MigrationId}", (turn, site, cut) =>
        {
            var id = IdOf(request);
            if (site.Vms.TryGetValue(id, out var there) && there.Stamp?.MigrationId != request.Stamp.MigrationId)
            {
                throw No(PlatformErrorKind.Refused, $"A VM with the id {id} exists already, \"{there.Name}\", and is not one of migration {request.Stamp.MigrationId}.");
            }

            if (site.Vms.Values.FirstOrDefault(vm => vm.Name == request.Name && vm.Id != id) is { } other)
            {
                throw No(PlatformErrorKind.Refused, $"The name \"{request.Name}\" is taken by another VM, {other.Id}.");
            }

            var wanted = Make(turn, site, id, request);
            if (there is null)
            {
                site.Vms[id] = wanted;
                turn.Touch(wanted);
                turn.Say(site, wanted, "defined");
                return id;
            }

            if (IsSame(there, wanted, request.Host is not null))
            {
                return id;
            }

            if (there.Power != PowerState.Off)
            {
                throw No(PlatformErrorKind.Refused, $"{there.Name} is not off, so it cannot be defined anew.");
            }

            wanted.Stamp = there.Stamp;
            site.Vms[id] = wanted;
            turn.Touch(wanted);
            turn.Say(site, wanted, "defined anew");
            return id;
        }, () => IdOf(request), cancellation);

    public override Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureUndefined", vmId, migrationId, (turn, site, _) =>
        {
            if (site.Vms.TryGetValue(vmId, out var vm))
            {
                MustBeOursAndOff(vm, migrationId);
                turn.Remove(site, vm, "undefined");
            }
        }, cancellation);

    /// <remarks>Disks first: a process that dies in between is followed by one that still finds the VM.</remarks>
    public override Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureRemoved", vmId, migrationId, (turn, site, cut) =>
        {
            if (!site.Vms.TryGetValue(vmId, out var vm))
            {
                return;
            }

            MustBeOursAndOff(vm, migrationId);
            foreach (var disk in vm.Disks)
            {
                if (site.Disks.TryGetValue(disk.Location, out var state))
                {
                    MustNotBeOpen(state);
                    turn.Remove(site, state);
                    cut();
                }
            }

            turn.Remove(site, vm, "removed");
        }, cancellation);

    public override Task EnsureArchivedAsync(string vmId, string migrationId, string name, CancellationToken cancellation) =>
        ChangeAsync("EnsureArchived", vmId, $"{migrationId} as {name}", (turn, site, cut) =>
        {
            if (!site.Vms.TryGetValue(vmId, out var vm) || (vm.Stamp is null && vm.Name == name))
            {
                return;
            }

            MustBeOursAndOff(vm, migrationId);
            if (site.Vms.Values.Any(other => other.Id != vmId && other.Name == name))
            {
                throw No(PlatformErrorKind.Refused, $"There is a VM \"{name}\" already.");
            }

            vm.Name = name;
            vm.Autostart = false;
            turn.Touch(vm);
            cut();
            vm.Stamp = null;
            turn.Say(site, vm, "archived");
        }, cancellation);

    private static string IdOf(VmRequest request) => request.Source.Uuid.Or(request.Source.Id).ToLowerInvariant();

    private void MustBeOursAndOff(VmState vm, string migrationId)
    {
        if (vm.Stamp?.MigrationId != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"{vm.Name} does not carry the stamp of migration {migrationId}.");
        }

        if (vm.Power != PowerState.Off)
        {
            throw No(PlatformErrorKind.Refused, $"{vm.Name} is not off.");
        }
    }

    private VmState Make(Turn turn, SiteState site, string id, VmRequest request)
    {
        var source = request.Source;
        var memory = source.MemoryBytes.Or(1L << 30);
        var hosts = Estate.Hosts(Name, site.Options);
        var host = request.Host is { } named
            ? hosts.FirstOrDefault(host => host.Name == named) ?? throw No(PlatformErrorKind.NotFound, $"There is no host \"{named}\".")
            : hosts.MaxBy(host => site.FreeMemory(host))!;
        var guest = request.SourcePlatform == SimulatorPlatform.Name ? SimulatedFacts.ReadDefinition(source.NativeDefinition) : null;
        var vm = new VmState
        {
            Id = id,
            Name = request.Name,
            Host = host.Name,
            Cpus = source.Cpus.Or(1),
            MemoryBytes = memory,
            Firmware = source.Firmware.Or(FirmwareKind.Bios),
            SecureBoot = source.SecureBoot.Or(false),
            Tpm = source.Tpm.Or(false),
            Machine = request.SourcePlatform == SimulatorPlatform.Name ? source.Machine.Or("sim-pc-1") : "sim-pc-1",
            Architecture = source.Architecture.Or("x86_64"),
            CpuModel = source.CpuModel.Or(""),
            Guest = guest ?? new GuestOptions(),
            Stamp = new StampState(request.Stamp.MigrationId, request.Stamp.Role, new SortedDictionary<string, string>(request.Stamp.Notes, StringComparer.Ordinal)),
        };

        foreach (var disk in source.Disks)
        {
            var target = request.Disks.FirstOrDefault(target => target.DiskName == disk.Name)
                ?? throw No(PlatformErrorKind.Refused, $"No disk was made for {disk.Name} of {request.Name}.");
            if (!site.Disks.ContainsKey(target.Location))
            {
                throw No(PlatformErrorKind.NotFound, $"There is no disk {target.Location}.");
            }

            vm.Disks.Add(new VmDiskState(disk.Name, target.Location, disk.Bus.Or("virtio")));
        }

        foreach (var nic in source.Nics)
        {
            var from = nic.Network.Or("default");
            var network = request.Networks.GetValueOrDefault(from, from);
            MustHaveNetwork(site, network);
            vm.Nics.Add(new VmNicState(nic.Mac.ToUpperInvariant(), nic.Model.Or("virtio"), network));
        }

        return vm;
    }

    private static bool IsSame(VmState there, VmState wanted, bool hostMatters) =>
        (there.Name, there.Cpus, there.MemoryBytes, there.Firmware) == (wanted.Name, wanted.Cpus, wanted.MemoryBytes, wanted.Firmware)
        && (!hostMatters || there.Host == wanted.Host)
        && there.Disks.SequenceEqual(wanted.Disks)
        && there.Nics.SequenceEqual(wanted.Nics);
}
