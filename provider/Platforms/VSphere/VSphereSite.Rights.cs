using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// Whether the account may do what a migration is going to do, asked of the server object by object. docs/platforms/vsphere.md has the role.
internal sealed partial class VSphereSite
{
    /// <summary>On the VM that moves away, or that a way back brings home.</summary>
    private static readonly string[] OnSourceVm =
    [
        "System.Read", "VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.PowerOff", "VirtualMachine.Config.AdvancedConfig", "VirtualMachine.Config.Rename",
        "VirtualMachine.Provisioning.MarkAsTemplate", "VirtualMachine.Provisioning.MarkAsVM", "VirtualMachine.Inventory.Delete",
    ];

    private static readonly string[] OnTrackedVm = ["VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RemoveSnapshot", "VirtualMachine.Config.ChangeTracking"];

    /// <summary>On a VM whose disks can only be read under an export lease.</summary>
    private static readonly string[] OnExportedVm = ["VApp.Export"];

    /// <summary>On a VM that vSphere itself moves, running or off.</summary>
    private static readonly string[] OnRelocatedVm = ["System.Read", "VirtualMachine.Config.AdvancedConfig", "Resource.HotMigrate", "Resource.ColdMigrate"];

    private static readonly string[] OnRelocationStore = ["Datastore.AllocateSpace"];

    private static readonly string[] OnRelocationFolder = ["VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Move"];

    private static readonly string[] OnSourceStore = ["Datastore.Browse", "Datastore.FileManagement"];

    private static readonly string[] OnTargetStore = ["Datastore.Browse", "Datastore.FileManagement", "Datastore.AllocateSpace"];

    private static readonly string[] OnTargetFolder =
    [
        "VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Register", "VirtualMachine.Inventory.Unregister", "VirtualMachine.Inventory.Delete",
        "VirtualMachine.Config.AddExistingDisk", "VirtualMachine.Config.AddRemoveDevice", "VirtualMachine.Config.AdvancedConfig",
        "VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.PowerOff",
    ];

    /// <summary>The disks are taken off a test clone before it is removed.</summary>
    private static readonly string[] OnTestFolder = ["VirtualMachine.Config.RemoveDisk"];

    /// <summary>What holds for a datastore, a folder, a pool or a network is asked once for the many VMs of an estate.</summary>
    private static readonly TimeSpan RightsAge = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(MoRef On, string Rights), (long At, ImmutableArray<string> Missing)> _rights = new();

    private static readonly string[] OnPool = ["Resource.AssignVMToPool"];

    private static readonly string[] OnNetwork = ["Network.Assign"];

    public override async Task<ImmutableArray<string>?> FindMissingRightsAsync(RightsRequest request, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var wanted = new List<(MoRef On, string Name, string[] Rights)>();
        if (request.VmId is { } id && await FindAsync(id, cancellation).ConfigureAwait(false) is { } vm)
        {
            var ofVm = request.Relocates ? OnRelocatedVm : request.Tracked ? [.. OnSourceVm, .. OnTrackedVm] : OnSourceVm;
            // A bare host has no templates.
            wanted.Add((vm.Ref, $"VM {NameOf(vm)}", inventory.Content.IsVCenter ? ofVm : [.. ofVm.Where(right => !right.Contains("Provisioning", StringComparison.Ordinal))]));
            var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
            var disks = Devices.Of(vm).Disks;
            if (!request.Relocates && !VddkDisk.IsThere(Address) && disks.Any(disk => !IsFlat(disk, inventory, datacenter)))
            {
                wanted.Add((vm.Ref, $"VM {NameOf(vm)}", OnExportedVm));
            }

            wanted.AddRange(disks.Select(disk => disk.Path?.Datastore).OfType<string>().Distinct()
                .Select(name => inventory.Datastore(name, datacenter)).OfType<InventoryItem>()
                .Select(store => (store.Ref, $"datastore {store.UniqueName}", OnSourceStore)));
        }

        if (request.Pool is { } poolName && inventory.Datastore(poolName) is { } target)
        {
            var (folder, pool, _) = await PlaceAsync("choosing a place", inventory, target, request.Host, cancellation).ConfigureAwait(false);
            wanted.Add((target.Ref, $"datastore {target.UniqueName}", request.Relocates ? OnRelocationStore : OnTargetStore));
            wanted.Add((folder, $"folder {inventory.NameOf(folder) ?? folder.Value}", request.Relocates ? OnRelocationFolder : request.Tests ? [.. OnTargetFolder, .. OnTestFolder] : OnTargetFolder));
            wanted.Add((pool, $"resource pool {inventory.PathOf(inventory.Find(pool)?.RefOf("parent"), inventory.NameOf(pool))}", OnPool));
            wanted.AddRange(request.Networks.Select(inventory.Network).OfType<InventoryItem>().Distinct().Select(network => (network.Ref, $"network {network.UniqueName}", OnNetwork)));
        }

        return (await MissingAsync(inventory.Content, wanted, cancellation).ConfigureAwait(false))?.Distinct(StringComparer.Ordinal).ToImmutableArray();
    }

    private async Task<List<string>?> MissingAsync(ServiceContent content, List<(MoRef On, string Name, string[] Rights)> wanted, CancellationToken cancellation)
    {
        const string What = "looking at the account's privileges";
        var missing = new List<string>();
        if (content.Manager("authorizationManager") is not { } authorizations || await _client.SessionKeyAsync(What, cancellation).ConfigureAwait(false) is not { } session)
        {
            return null;
        }

        foreach (var group in wanted.GroupBy(one => string.Join(',', one.Rights)))
        {
            var names = group.GroupBy(one => one.On).ToDictionary(same => same.Key, same => same.First().Name);
            bool IsKnown(MoRef on) => on.Type != "VirtualMachine" && _rights.TryGetValue((on, group.Key), out var known) && _time.GetElapsedTime(known.At) < RightsAge;
            List<MoRef> asked = [.. names.Keys.Where(on => !IsKnown(on))];
            if (asked.Count > 0)
            {
                var reply = await _client.ReadAsync(
                    What, authorizations, "HasPrivilegeOnEntities", cancellation,
                    [.. asked.Select(on => Ref("entity", on)), El("sessionId", session), .. group.First().Rights.Select(right => El("privId", right))]).ConfigureAwait(false);
                foreach (var entity in reply.Children("returnval"))
                {
                    _rights[(entity.RefAt("entity")!.Value, group.Key)] = (_time.GetTimestamp(), [.. entity.Children("privAvailability").Where(IsMissing).Select(one => one.Text("privId")!)]);
                }
            }

            missing.AddRange(names.SelectMany(one => _rights.TryGetValue((one.Key, group.Key), out var found) ? found.Missing.Select(right => $"{right} on {one.Value}") : []));
        }

        return missing;
    }

    private static bool IsMissing(XElement availability) => availability.Flag("isGranted") != true;
}
