using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <content>
/// Test boots: a VM on the copied disks themselves, whose writes a host keeps beside it and throws away at its end (<see cref="TestSpec"/>). It lies in a folder below that of the disks:
/// <code>[ds] web-01.vmm-ID/test/web-01-test-….vmx</code>
/// </content>
/// <remarks>Whoever deletes such a VM from disk deletes the copy's disks with it. So its disks are taken off it first, and it is destroyed only when it has none.</remarks>
internal sealed partial class VSphereSite
{
    private const string TestFolder = "test";

    public override async Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation)
    {
        var migration = request.Stamp.MigrationId;
        var what = $"vSphere could not define test clone {request.Name} at site {Name}";
        if (request.Disks is not [var first, ..])
        {
            throw No(PlatformErrorKind.Unsupported, $"{what}: it has no disk");
        }

        await EnsureTestClonesRemovedAsync(migration, cancellation).ConfigureAwait(false);
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var store = inventory.Datastore(first.Pool) ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no datastore {first.Pool}");
        var folder = TestFolderOf(DatastorePath.Parse(first.Location)!);
        var vmx = folder with { Path = $"{folder.Path}/{request.Name}.vmx" };
        var id = UuidOf($"vmmigrate test {migration}");
        var spec = CopySpec.Build(Name, request, id, vmx, name => Backing(inventory, store.Datacenter, request.Name, name));
        TestSpec.Isolate(spec, id);
        if ((await _estate.GetAsync(cancellation).ConfigureAwait(false)).ByName[request.Name].Any())
        {
            throw No(PlatformErrorKind.Refused, $"site {Name} already has another VM named \"{request.Name}\"; rename that VM");
        }

        // What a killed removal has left.
        await DeleteFileAsync(what, inventory, store.Datacenter, folder, cancellation).ConfigureAwait(false);
        await EnsureFolderAsync(what, inventory, store, folder, cancellation).ConfigureAwait(false);
        var (into, pool, host) = await PlaceAsync(what, inventory, store, request.Host, cancellation).ConfigureAwait(false);
        var made = MoRef.Of(await _client.RunTaskAsync(
            what, into, "CreateVM_Task", cancellation, spec, Ref("pool", pool), host is { } found ? Ref("host", found) : null).ConfigureAwait(false)
            ?? throw No(PlatformErrorKind.Lost, $"{what}: the task told no result"));
        _references[id] = made;
        return id;
    }

    public override async Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation)
    {
        foreach (var clone in await FindStampedAsync(migrationId, cancellation).ConfigureAwait(false))
        {
            if (clone.Stamp is { Role: StampRole.Test })
            {
                await RemoveTestCloneAsync(clone.Id, migrationId, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task RemoveTestCloneAsync(string id, string migrationId, CancellationToken cancellation)
    {
        await EnsureOffAsync(id, TimeSpan.Zero, force: true, cancellation).ConfigureAwait(false);
        if (await FindAsync(id, cancellation).ConfigureAwait(false) is not { } vm)
        {
            return;
        }

        RequireOurs(vm, migrationId);
        var what = $"vSphere could not remove test clone {NameOf(vm)} at site {Name}";
        var disks = Devices.Of(vm).Disks;
        if (disks.Any())
        {
            // Without a file operation the files stay.
            await ReconfigureAsync(what, vm, cancellation, [.. disks.Select(disk => El("deviceChange", El("operation", "remove"), Typed("device", "VirtualDisk", El("key", disk.Device.Text("key")!))))]).ConfigureAwait(false);
            vm = await RequireAsync(id, cancellation).ConfigureAwait(false);
            if (Devices.Of(vm).Disks.FirstOrDefault() is { } left)
            {
                throw No(PlatformErrorKind.Refused, $"{what}: its disk {left.FileName} could not be taken off it. Do not delete the VM from disk: that file is the copy's");
            }
        }

        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
        var folder = DatastorePath.Parse(vm.Text("config.files.vmPathName"))?.Folder;
        await _client.RunTaskAsync(what, vm.Ref, "Destroy_Task", cancellation).ConfigureAwait(false);
        _references.TryRemove(id, out _);
        if (folder is not null && IsTestFolder(folder))
        {
            await DeleteFileAsync(what, inventory, datacenter, folder, cancellation).ConfigureAwait(false);
        }
    }

    private static DatastorePath TestFolderOf(DatastorePath disk) => disk.Folder with { Path = $"{disk.Folder.Path}/{TestFolder}" };

    private static bool IsTestFolder(DatastorePath folder) => folder.FileName == TestFolder && DiskFolder.Parse(folder.Folder) is not null;
}
