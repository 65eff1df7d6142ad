using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// Defining, watching and removing.
internal sealed partial class VSphereSite
{
    /// <summary>What a probe needs to see of a console: its newest part.</summary>
    private const int MostConsoleBytes = 4 << 20;

    public override async Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation)
    {
        var migration = request.Stamp.MigrationId;
        var what = $"vSphere could not define VM {request.Name} at site {Name}";
        if (request.Disks is not [var first, ..])
        {
            throw No(PlatformErrorKind.Unsupported, $"{what}: it has no disk, so there is no datastore for it");
        }

        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var store = inventory.Datastore(first.Pool) ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no datastore {first.Pool}");
        var id = InstanceUuid(migration);
        var vmx = DatastorePath.Parse(first.Location)!.Beside($"{new DiskFolder(request.Name, migration).Name[..^(migration.Length + 1)]}.vmx");
        var spec = CopySpec.Build(Name, request, id, vmx, name => Backing(inventory, store.Datacenter, request.Name, name));
        if (await FindAsync(id, cancellation).ConfigureAwait(false) is { } existing)
        {
            var options = ExtraConfig.Read(existing["config.extraConfig"]);
            var stamp = ExtraConfig.StampOf(options);
            if (stamp?.MigrationId != migration)
            {
                throw No(PlatformErrorKind.Refused, $"site {Name} already has VM \"{NameOf(existing)}\" with the instance UUID {id} that is not of migration {migration}; it is left alone");
            }

            if (options.GetValueOrDefault(ExtraConfig.Definition) == CopySpec.MarkOf(spec))
            {
                return id;
            }

            RequireOff(existing, "defined anew");
            // What was noted on it since stays.
            request = request with { Stamp = stamp };
            spec = CopySpec.Build(Name, request, id, vmx, name => Backing(inventory, store.Datacenter, request.Name, name));
            await UndefineAsync(inventory, existing, cancellation).ConfigureAwait(false);
        }

        await RefuseTakenAsync(inventory, store, request, cancellation).ConfigureAwait(false);
        await DeleteDefinitionFilesAsync(what, inventory, store, vmx.Folder, cancellation).ConfigureAwait(false);
        var (folder, pool, host) = await PlaceAsync(what, inventory, store, request.Host, cancellation).ConfigureAwait(false);
        var made = MoRef.Of(await _client.RunTaskAsync(
            what, folder, "CreateVM_Task", cancellation, spec, Ref("pool", pool), host is { } found ? Ref("host", found) : null).ConfigureAwait(false)
            ?? throw No(PlatformErrorKind.Lost, $"{what}: the task told no result"));
        _references[id] = made;
        return id;
    }

    public override async Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await FindAsync(vmId, cancellation).ConfigureAwait(false) is { } vm)
        {
            RequireOurs(vm, migrationId);
            await UndefineAsync(await InventoryOfAsync([vm], cancellation).ConfigureAwait(false), vm, cancellation).ConfigureAwait(false);
        }
    }

    public override async Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await FindAsync(vmId, cancellation).ConfigureAwait(false) is not { } vm)
        {
            return;
        }

        RequireOurs(vm, migrationId);
        if (ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"])) is { Role: StampRole.Test })
        {
            throw No(PlatformErrorKind.Refused, $"VM {NameOf(vm)} at site {Name} is a test clone on the disks of a copy, so it is not removed with its disks");
        }

        var what = $"vSphere could not remove VM {NameOf(vm)} at site {Name}";
        var disks = Devices.Of(vm).Disks;
        var own = disks.Select(disk => disk.FileName).ToHashSet(StringComparer.Ordinal);
        var all = await _client.ReadAllAsync(what, new Dictionary<string, string[]> { ["VirtualMachine"] = ["name", "config.hardware.device"] }, cancellation).ConfigureAwait(false);
        foreach (var other in all.Where(other => other.Ref != vm.Ref))
        {
            if (Devices.Of(other).Disks.SelectMany(disk => disk.Chain).FirstOrDefault(own.Contains) is { } used)
            {
                throw No(PlatformErrorKind.Refused, $"{used} belongs to VM {NameOf(vm)} and is used by VM {other.Text("name")} too, so it is not deleted; nothing was removed");
            }
        }

        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
        await _client.RunTaskAsync(what, vm.Ref, "Destroy_Task", cancellation).ConfigureAwait(false);
        _references.TryRemove(vmId, out _);
        // Our notes lie beside the disks; vSphere deletes what it knows of.
        foreach (var folder in disks.Select(disk => disk.Path?.Folder).OfType<DatastorePath>().Distinct().Where(folder => DiskFolder.Parse(folder)?.MigrationId == migrationId))
        {
            await DeleteFileAsync(what, inventory, datacenter, folder, cancellation).ConfigureAwait(false);
        }
    }

    public override async Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        if (vm.Text("runtime.powerState") != "poweredOn"
            || DatastorePath.Parse(Devices.Of(vm).All.FirstOrDefault(CopySpec.IsFileSerial).Text("backing/fileName")) is not { } file)
        {
            return null;
        }

        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        try
        {
            return await FilesOf(inventory, inventory.DatacenterOf(vm.RefOf("parent"))).ReadTextAsync(file, MostConsoleBytes, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Refused or PlatformErrorKind.Denied)
        {
            // A host that does not give out a file that a running VM writes to.
            return null;
        }
    }

    // --- Parts ---

    /// <summary>The copy's instance UUID: the same at every run, and no other VM's.</summary>
    private static string InstanceUuid(string migrationId) => UuidOf($"vmmigrate target {migrationId}");

    private static string UuidOf(string words)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(words)).AsSpan(0, 16);
        // Version 8 (free form), variant 1.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }

    private XElement Backing(Inventory inventory, MoRef? datacenter, string vmName, string name)
    {
        var found = inventory.Networks.FirstOrDefault(one => one.UniqueName == name)
            ?? inventory.Networks.FirstOrDefault(one => one.Name == name && one.Datacenter == datacenter)
            ?? throw No(
                PlatformErrorKind.NotFound,
                $"VM {vmName} is to be on network {name}, and site {Name} has no network of that name (it has {string.Join(", ", inventory.Networks.Select(one => one.UniqueName))})");
        if (found.Ref.Type == "DistributedVirtualPortgroup")
        {
            var uuid = inventory.Find(found.Facts.RefOf("config.distributedVirtualSwitch"))?.Text("uuid")
                ?? throw No(PlatformErrorKind.Denied, $"the switch of port group {name} at site {Name} cannot be seen; the account needs the privilege to read it");
            return Typed("backing", "VirtualEthernetCardDistributedVirtualPortBackingInfo", El("port", El("switchUuid", uuid), El("portgroupKey", found.Facts.Text("key") ?? found.Ref.Value)));
        }

        return Typed("backing", "VirtualEthernetCardNetworkBackingInfo", El("deviceName", found.Facts.Text("name") ?? found.Name), Ref("network", found.Ref));
    }

    /// <summary>Nobody else may have the name in that folder, nor the identity that the guest sees.</summary>
    private async Task RefuseTakenAsync(Inventory inventory, InventoryItem store, VmRequest request, CancellationToken cancellation)
    {
        var uuid = request.Source.Uuid.Or(request.Source.Id);
        var all = await _client.ReadAllAsync(
            $"looking for VM {request.Name}", new Dictionary<string, string[]> { ["VirtualMachine"] = ["name", "parent", "config.uuid", "config.extraConfig"] }, cancellation).ConfigureAwait(false);
        foreach (var vm in all)
        {
            var stamp = ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"]));
            if (string.Equals(vm.Text("config.uuid"), uuid, StringComparison.OrdinalIgnoreCase) && stamp?.MigrationId != request.Stamp.MigrationId)
            {
                throw No(PlatformErrorKind.Refused, $"site {Name} already has a VM with the UUID {uuid} (\"{vm.Text("name")}\") that is not of migration {request.Stamp.MigrationId}; it is left alone");
            }

            if (Names.Decode(vm.Text("name") ?? "") == request.Name && inventory.DatacenterOf(vm.RefOf("parent")) == store.Datacenter)
            {
                throw No(PlatformErrorKind.Refused, $"site {Name} already has another VM named \"{request.Name}\" ({inventory.PathOf(vm.RefOf("parent"), vm.Text("name"))}); choose another name for the copy, or rename that VM");
            }
        }
    }

    /// <summary>Folder, resource pool and host of a copy: as declared for the site, else the datacenter's and the host's own.</summary>
    private async Task<(MoRef Folder, MoRef Pool, MoRef? Host)> PlaceAsync(string what, Inventory inventory, InventoryItem store, string? hostName, CancellationToken cancellation)
    {
        var host = hostName is null
            ? inventory.Hosts.FirstOrDefault(one => Sees(one, store) && one.Text("runtime.connectionState") == "connected" && one.Flag("runtime.inMaintenanceMode") != true)
            : inventory.Hosts.FirstOrDefault(one => one.Text("name") == hostName) ?? throw No(PlatformErrorKind.NotFound, $"{what}: site {Name} has no host {hostName}");
        if (host is null || !Sees(host, store))
        {
            throw No(PlatformErrorKind.Refused, $"{what}: {(host is null ? "no connected host" : $"host {host.Text("name")} does not")} see{(host is null ? "s" : "")} datastore {store.UniqueName}");
        }

        var folder = Address.Folder is { } folderPath
            ? await FindPathAsync(what, folderPath, "Folder", cancellation).ConfigureAwait(false)
            : inventory.Find(store.Datacenter)?.RefOf("vmFolder") ?? throw No(PlatformErrorKind.Denied, $"{what}: the folder for VMs of datastore {store.UniqueName}'s datacenter cannot be seen");
        var pool = Address.ResourcePool is { } poolPath
            ? await FindPathAsync(what, poolPath, "ResourcePool", cancellation).ConfigureAwait(false)
            : inventory.Find(host.RefOf("parent"))?.RefOf("resourcePool") ?? throw No(PlatformErrorKind.Denied, $"{what}: the resource pool of host {host.Text("name")} cannot be seen");
        return (folder, pool, host.Ref);
    }

    private static bool Sees(VimObject host, InventoryItem store) => host["datastore"]?.Elements().Any(one => MoRef.Of(one) == store.Ref) == true;

    private async Task<MoRef> FindPathAsync(string what, string path, string type, CancellationToken cancellation)
    {
        var index = (await _client.ContentAsync(cancellation).ConfigureAwait(false)).Manager("searchIndex")!.Value;
        var found = (await _client.ReadAsync(what, index, "FindByInventoryPath", cancellation, El("inventoryPath", path)).ConfigureAwait(false)).RefAt("returnval");
        return found is { } reference && reference.Type == type
            ? reference
            : throw No(PlatformErrorKind.NotFound, $"{what}: site {Name} has no {type} at {path}{(found is { } other ? $" (there is a {other.Type})" : "")}");
    }

    private void RequireOurs(VimObject vm, string migrationId)
    {
        if (ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"]))?.MigrationId != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"VM {NameOf(vm)} at site {Name} does not carry the stamp of migration {migrationId}, so it is left alone");
        }

        RequireOff(vm, "removed");
    }

    private async Task UndefineAsync(Inventory inventory, VimObject vm, CancellationToken cancellation)
    {
        var what = $"vSphere could not remove the definition of VM {NameOf(vm)} at site {Name}";
        var vmx = DatastorePath.Parse(vm.Text("config.files.vmPathName"));
        await _client.ChangeAsync(what, vm.Ref, "UnregisterVM", cancellation).ConfigureAwait(false);
        _references.TryRemove(VmFacts.IdOf(vm), out _);
        if (vmx is not null && DiskFolder.Parse(vmx.Folder) is not null
            && inventory.Datastore(vmx.Datastore, inventory.DatacenterOf(vm.RefOf("parent"))) is { } store)
        {
            await DeleteDefinitionFilesAsync(what, inventory, store, vmx.Folder, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>In a folder of ours: everything but the disks and our notes; also what a killed import has left.</summary>
    private async Task DeleteDefinitionFilesAsync(string what, Inventory inventory, InventoryItem store, DatastorePath folder, CancellationToken cancellation)
    {
        foreach (var file in await SearchFilesAsync(store, folder, "*", folders: false, cancellation).ConfigureAwait(false))
        {
            if (IsStaged(file) || (!file.EndsWith(".vmdk", StringComparison.Ordinal) && !file.EndsWith(".vmmigrate", StringComparison.Ordinal)))
            {
                await DeleteFileAsync(what, inventory, store.Datacenter, folder.Beside(file) with { Path = $"{folder.Path}/{file}" }, cancellation).ConfigureAwait(false);
            }
        }
    }
}
