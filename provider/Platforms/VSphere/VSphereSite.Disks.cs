using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// Disks: those of VMs, and those that are made for copies.
internal sealed partial class VSphereSite
{
    /// <summary>How many datastores or folders are searched at once.</summary>
    private const int SearchesAtOnce = 8;

    public override async Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var name = NameOf(vm);
        RequireOff(vm, "opened");
        var devices = Devices.Of(vm);
        var disk = devices.Disk(diskName) ?? throw No(PlatformErrorKind.NotFound, $"VM {name} at site {Name} has no disk {diskName}");
        if (disk.WhyNotMovable is { Kind: not "independent-disk" } reason)
        {
            throw No(PlatformErrorKind.Unsupported, $"disk {diskName} of VM {name} at site {Name} {reason.Words}");
        }

        var label = $"{name}/{diskName} at {Name}";
        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        if (!writable && VddkDisk.IsThere(Address))
        {
            return await VddkDisk.OpenAsync(_client, vm.Ref, null, disk.Path!, disk.LengthBytes ?? 0, label, cancellation).ConfigureAwait(false);
        }

        var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
        if (!writable && !IsFlat(disk, inventory, datacenter))
        {
            return await OpenExportAsync(vm, null, devices, disk, label, cancellation).ConfigureAwait(false);
        }

        if (disk.Chain.Count() > 1)
        {
            throw No(
                PlatformErrorKind.Unsupported,
                $"disk {diskName} of VM {name} at site {Name} is not written to: it rests on {disk.Chain.Count() - 1} other file(s) ({string.Join(", ", disk.Chain.Skip(1))}): snapshots or a linked clone. "
                + "Its files are no plain image then. Delete the snapshots (consolidate), or make a full clone");
        }

        try
        {
            return await OpenFlatAsync(inventory, datacenter, disk.Path!, disk.LengthBytes ?? 0, label, writable, null, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (!writable && exception.Kind == PlatformErrorKind.Denied)
        {
            // The account may not read files of that datastore; it may be allowed to export the VM.
            return await OpenExportAsync(vm, null, devices, disk, label, cancellation).ConfigureAwait(false);
        }
    }

    public override async Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var store = inventory.Datastore(request.Pool)
            ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no datastore {request.Pool} (it has {string.Join(", ", inventory.Datastores.Select(one => one.UniqueName))})");
        if (request.LengthBytes % 1024 != 0)
        {
            throw No(PlatformErrorKind.Unsupported, $"disk {request.DiskName} of VM {request.VmName} is {request.LengthBytes} bytes long, and vSphere makes disks of whole KiB only; grow it at the source");
        }

        var folders = await FindFoldersAsync(store, DiskFolder.Pattern(request.MigrationId), cancellation).ConfigureAwait(false);
        var existing = (await FindDisksAsync(inventory, folders, cancellation).ConfigureAwait(false)).FirstOrDefault(disk => disk.DiskName == request.DiskName);
        if (existing is not null && existing.LengthBytes == request.LengthBytes)
        {
            return existing;
        }

        if (existing is not null)
        {
            await EnsureDiskRemovedAsync(existing, cancellation).ConfigureAwait(false);
        }

        var folder = new DiskFolder(request.VmName, request.MigrationId);
        var path = folder.Disk(store.Name, request.DiskName);
        var what = $"vSphere could not make disk {path} at site {Name}";
        await EnsureFolderAsync(what, inventory, store, folder.In(store.Name), cancellation).ConfigureAwait(false);
        // A run that was killed between the disk and its note left a disk of which nobody knows anything.
        await DeleteDiskFilesAsync(what, inventory, store.Datacenter, path, cancellation).ConfigureAwait(false);
        await _client.RunTaskAsync(
            what,
            Manager(inventory, "virtualDiskManager"),
            "CreateVirtualDisk_Task",
            cancellation,
            El("name", path),
            DatacenterArgument("datacenter", store.Datacenter),
            Typed("spec", "FileBackedVirtualDiskSpec", El("diskType", "thin"), El("adapterType", "lsiLogic"), El("capacityKb", request.LengthBytes / 1024))).ConfigureAwait(false);
        await FilesOf(inventory, store.Datacenter).WriteTextAsync(NoteOf(path), DiskNote(request.LengthBytes, hasContent: false), cancellation).ConfigureAwait(false);
        return new TargetDisk(request.MigrationId, request.DiskName, store.UniqueName, path.ToString(), request.LengthBytes, "vmdk", null) { IsNew = true };
    }

    public override async Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation)
    {
        var (inventory, folders) = await _folders.GetAsync(cancellation).ConfigureAwait(false);
        return await FindDisksAsync(inventory, [.. folders.Where(folder => DiskFolder.Parse(folder.Path)?.MigrationId == migrationId)], cancellation).ConfigureAwait(false);
    }

    public override async Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation)
    {
        var (inventory, folders) = await _folders.GetAsync(cancellation).ConfigureAwait(false);
        var all = (await FindDisksAsync(inventory, folders, cancellation).ConfigureAwait(false)).ToLookup(disk => disk.MigrationId);
        return migrationId => [.. all[migrationId]];
    }

    public override async Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation)
    {
        var path = RequireOurs(disk);
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var store = inventory.Datastore(disk.Pool) ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no datastore {disk.Pool}");
        if (disk.Attached is { } attached && await FindAsync(attached, cancellation).ConfigureAwait(false) is { } holder)
        {
            RequireOff(holder, "written to");
        }

        var import = await ImportPlaceAsync(inventory, store, disk.LengthBytes, cancellation).ConfigureAwait(false);
        return await OpenFlatAsync(inventory, store.Datacenter, path, disk.LengthBytes, $"{path} at {Name}", writable: true, null, cancellation, import.WhyNot is null ? import with { Store = store } : null).ConfigureAwait(false);
    }

    public override async Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var path = DatastorePath.Parse(disk.Location);
        var store = path is null ? null : inventory.Datastore(disk.Pool);
        if (path is null || store is null || await FilesOf(inventory, store.Datacenter).LengthAsync(path, cancellation).ConfigureAwait(false) is null)
        {
            return;
        }

        RequireOurs(disk);
        if ((await HoldersAsync([path.ToString()], cancellation).ConfigureAwait(false)).GetValueOrDefault(path.ToString()) is { } holder)
        {
            throw No(PlatformErrorKind.Refused, $"disk {path} at site {Name} belongs to VM {holder} by now, so it is not deleted");
        }

        var what = $"vSphere could not delete disk {path} at site {Name}";
        await RemoveStagedAsync(what, inventory, store, path, cancellation).ConfigureAwait(false);
        await DeleteDiskFilesAsync(what, inventory, store.Datacenter, path, cancellation).ConfigureAwait(false);
        await DeleteFileAsync(what, inventory, store.Datacenter, NoteOf(path), cancellation).ConfigureAwait(false);
        if ((await SearchFilesAsync(store, path.Folder, "*", folders: false, cancellation).ConfigureAwait(false)).IsEmpty)
        {
            await DeleteFileAsync(what, inventory, store.Datacenter, path.Folder, cancellation).ConfigureAwait(false);
        }
    }

    public override string? DescribeAccess(Engine.Facts.Disk? disk, string? format) => disk is null ? DescribeWriting() : VddkDisk.IsThere(Address) ? VddkDisk.Kind : IsFlat(disk) ? FlatDiskAccess.Kind : NfcDisk.Kind;

    // --- Content ---

    private async Task<DiskAccess> OpenFlatAsync(
        Inventory inventory, MoRef? datacenter, DatastorePath path, long lengthBytes, string name, bool writable, ExtentSet? used, CancellationToken cancellation, ImportPlace? import = null)
    {
        var files = FilesOf(inventory, datacenter);
        var fileBytes = await files.LengthAsync(path.Flat, cancellation).ConfigureAwait(false)
            ?? throw No(PlatformErrorKind.NotFound, $"disk {path} at site {Name}: its content {path.Flat} is not there; is it no flat disk?");
        var ours = DiskFolder.Parse(path.Folder) is not null;
        if (fileBytes != lengthBytes && !(ours && fileBytes == 0))
        {
            throw No(PlatformErrorKind.Refused, $"disk {path} at site {Name} is {lengthBytes} bytes long as vSphere reports it, and its content {path.Flat} is {fileBytes}: they are not the same disk");
        }

        // A disk of ours that nothing was written to yet is all zeroes, however long its file is: it need not be read to be merged.
        var empty = ours && await files.ReadTextAsync(NoteOf(path), 4096, cancellation).ConfigureAwait(false) is { } note && !HasContent(note);
        var disk = new FlatDisk(name, files, path.Flat, lengthBytes) { FileBytes = empty ? 0 : fileBytes, Used = used?.RoundOut(DigestTree.LeafBytes, lengthBytes) };
        if (!writable)
        {
            return new FlatDiskAccess(disk, FlatDiskAccess.Kind, null);
        }

        return new FlatDiskAccess(disk, import is null ? FlatDiskAccess.UploadKind : FlatDiskAccess.ImportKind, async (access, content, cancel) =>
        {
            // The disk is sent when all has been read, long after it was opened: another run may drive the migration by now.
            await access.MayReopen(cancel).ConfigureAwait(false);
            // The upload itself cannot be said again, so the session has to be good when it begins.
            await _client.ReadAsync("keeping the session", new MoRef("ServiceInstance", "ServiceInstance"), "CurrentTime", cancel).ConfigureAwait(false);
            if (ours)
            {
                await files.WriteTextAsync(NoteOf(path), DiskNote(lengthBytes, hasContent: true), cancel).ConfigureAwait(false);
            }

            if (import is null || access.Way != FlatDiskAccess.ImportKind)
            {
                await FlatUpload.SendAsync(disk, content, SwapAsync, cancel).ConfigureAwait(false);
                return;
            }

            if (await ImportAsync(import, inventory, path, disk, content, SwapAsync, access.MayReopen, cancel).ConfigureAwait(false) is { } refused)
            {
                access.Way = $"{FlatDiskAccess.UploadKind}; an import lease was refused: {refused}";
                await FlatUpload.SendAsync(disk, content, SwapAsync, cancel).ConfigureAwait(false);
            }
        });

        Task SwapAsync(DatastorePath sent, CancellationToken cancel) => _client.RunTaskAsync(
            $"vSphere could not put the new content of {path} in place",
            Manager(inventory, "fileManager"),
            "MoveDatastoreFile_Task",
            cancel,
            El("sourceName", sent),
            DatacenterArgument("sourceDatacenter", datacenter),
            El("destinationName", path.Flat),
            DatacenterArgument("destinationDatacenter", datacenter),
            El("force", true));
    }

    private DatastoreFiles FilesOf(Inventory inventory, MoRef? datacenter) =>
        new(_client, datacenter is { } found && inventory.Content.IsVCenter ? inventory.DatacenterPath(found) : null);

    private static IEnumerable<InventoryItem> Accessible(Inventory inventory) => inventory.Datastores.Where(store => store.Facts.Flag("summary.accessible") != false);

    // --- Notes beside the disks that we make ---

    /// <summary>A small file beside a disk of ours: its exact length, and whether anything was ever written to it.</summary>
    private static DatastorePath NoteOf(DatastorePath disk) => disk with { Path = disk.Path[..^".vmdk".Length] + ".vmmigrate" };

    private static string DiskNote(long lengthBytes, bool hasContent) => string.Create(CultureInfo.InvariantCulture, $"length {lengthBytes}\ncontent {(hasContent ? "some" : "none")}\n");

    private static bool HasContent(string note) => note.Contains("content some", StringComparison.Ordinal);

    private static long? LengthOf(string note) =>
        note.Split('\n').FirstOrDefault(line => line.StartsWith("length ", StringComparison.Ordinal)) is { } line && long.TryParse(line["length ".Length..], CultureInfo.InvariantCulture, out var length) ? length : null;

    private DatastorePath RequireOurs(TargetDisk disk)
    {
        var path = DatastorePath.Parse(disk.Location);
        return path is not null && DiskFolder.Parse(path.Folder)?.MigrationId == disk.MigrationId
            ? path
            : throw No(PlatformErrorKind.Refused, $"disk {disk.Location} at site {Name} was not made by migration {disk.MigrationId}, so it is left alone");
    }

    /// <summary>Our folders on all datastores.</summary>
    private async Task<(Inventory Inventory, ImmutableArray<(InventoryItem Store, DatastorePath Path)> Folders)> LookAtFoldersAsync(CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        return (inventory, await AtOnceAsync(Accessible(inventory), store => FindFoldersAsync(store, DiskFolder.PatternOfAll, cancellation), cancellation).ConfigureAwait(false));
    }

    private async Task<ImmutableArray<(InventoryItem Store, DatastorePath Path)>> FindFoldersAsync(InventoryItem store, string pattern, CancellationToken cancellation) =>
    [
        .. (await SearchFilesAsync(store, new DatastorePath(store.Name, ""), pattern, folders: true, cancellation).ConfigureAwait(false))
            .Select(name => (store, new DatastorePath(store.Name, name))).Where(folder => DiskFolder.Parse(folder.Item2) is not null),
    ];

    private async Task<ImmutableArray<TargetDisk>> FindDisksAsync(Inventory inventory, ImmutableArray<(InventoryItem Store, DatastorePath Path)> folders, CancellationToken cancellation)
    {
        var found = (await AtOnceAsync(folders, folder => FindDisksAsync(inventory, folder.Store, folder.Path, cancellation), cancellation).ConfigureAwait(false))
            .OrderBy(disk => disk.Location, StringComparer.Ordinal).ToList();
        var holders = await HoldersAsync([.. found.Select(disk => disk.Location)], cancellation).ConfigureAwait(false);
        return [.. found.Select(disk => disk with { Attached = holders.GetValueOrDefault(disk.Location) })];
    }

    private async Task<ImmutableArray<TargetDisk>> FindDisksAsync(Inventory inventory, InventoryItem store, DatastorePath folder, CancellationToken cancellation)
    {
        var disks = ImmutableArray.CreateBuilder<TargetDisk>();
        var files = FilesOf(inventory, store.Datacenter);
        foreach (var note in await SearchFilesAsync(store, folder, "*.vmmigrate", folders: false, cancellation).ConfigureAwait(false))
        {
            var path = folder with { Path = $"{folder.Path}/{note[..^".vmmigrate".Length]}.vmdk" };
            if (await files.ReadTextAsync(NoteOf(path), 4096, cancellation).ConfigureAwait(false) is { } text && LengthOf(text) is { } length
                && await files.LengthAsync(path, cancellation).ConfigureAwait(false) is not null)
            {
                disks.Add(new TargetDisk(DiskFolder.Parse(folder)!.MigrationId, DiskFolder.DiskNameOf(path.FileName), store.UniqueName, path.ToString(), length, "vmdk", null));
            }
        }

        return disks.ToImmutable();
    }

    private static async Task<ImmutableArray<TFound>> AtOnceAsync<TPlace, TFound>(IEnumerable<TPlace> places, Func<TPlace, Task<ImmutableArray<TFound>>> look, CancellationToken cancellation)
    {
        using var room = new SemaphoreSlim(SearchesAtOnce);
        var found = await Task.WhenAll(places.Select(async place =>
        {
            await room.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await look(place).ConfigureAwait(false);
            }
            finally
            {
                room.Release();
            }
        })).ConfigureAwait(false);
        return [.. found.SelectMany(one => one)];
    }

    /// <summary>Names of files or folders in a folder of a datastore; none where there is no such folder.</summary>
    private async Task<ImmutableArray<string>> SearchFilesAsync(InventoryItem store, DatastorePath folder, string pattern, bool folders, CancellationToken cancellation)
    {
        if (store.Facts.RefOf("browser") is not { } browser)
        {
            return [];
        }

        try
        {
            var result = await _client.RunTaskAsync(
                $"searching {folder} at site {Name}",
                browser,
                "SearchDatastore_Task",
                cancellation,
                El("datastorePath", folder),
                El("searchSpec", folders ? Typed("query", "FolderFileQuery") : null, El("details", El("fileType", true), El("fileSize", false), El("modification", false)), El("matchPattern", pattern))).ConfigureAwait(false);
            return [.. result.Children("file").Select(file => file.Text("path")!)];
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.FileNotFound)
        {
            return [];
        }
    }

    /// <summary>For each of these files that a VM has as its disk, or that its disk rests on: the VM's id.</summary>
    private async Task<Dictionary<string, string>> HoldersAsync(IReadOnlyCollection<string> locations, CancellationToken cancellation)
    {
        var holders = new Dictionary<string, string>(StringComparer.Ordinal);
        if (locations.Count == 0)
        {
            return holders;
        }

        var estate = await _estate.GetAsync(cancellation).ConfigureAwait(false);
        foreach (var location in locations)
        {
            if (estate.Holders.TryGetValue(location, out var holder))
            {
                holders[location] = holder;
            }
        }

        return holders;
    }

    // --- Files ---

    private async Task EnsureFolderAsync(string what, Inventory inventory, InventoryItem store, DatastorePath folder, CancellationToken cancellation)
    {
        try
        {
            await _client.ChangeAsync(
                what, Manager(inventory, "fileManager"), "MakeDirectory", cancellation,
                El("name", folder), DatacenterArgument("datacenter", store.Datacenter), El("createParentDirectories", true)).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.FileExists)
        {
            // Of an earlier run.
        }
    }

    private async Task DeleteDiskFilesAsync(string what, Inventory inventory, MoRef? datacenter, DatastorePath disk, CancellationToken cancellation)
    {
        if (await FilesOf(inventory, datacenter).LengthAsync(disk, cancellation).ConfigureAwait(false) is null
            && await FilesOf(inventory, datacenter).LengthAsync(disk.Flat, cancellation).ConfigureAwait(false) is null)
        {
            return;
        }

        try
        {
            await _client.RunTaskAsync(
                what, Manager(inventory, "virtualDiskManager"), "DeleteVirtualDisk_Task", cancellation,
                El("name", disk), DatacenterArgument("datacenter", datacenter)).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.Kind == PlatformErrorKind.NotFound)
        {
            // One of its files was gone; the rest goes too.
            await DeleteFileAsync(what, inventory, datacenter, disk, cancellation).ConfigureAwait(false);
            await DeleteFileAsync(what, inventory, datacenter, disk.Flat, cancellation).ConfigureAwait(false);
        }
    }

    private async Task DeleteFileAsync(string what, Inventory inventory, MoRef? datacenter, DatastorePath file, CancellationToken cancellation)
    {
        try
        {
            await _client.RunTaskAsync(
                what, Manager(inventory, "fileManager"), "DeleteDatastoreFile_Task", cancellation,
                El("name", file), DatacenterArgument("datacenter", datacenter)).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.Kind == PlatformErrorKind.NotFound)
        {
            // Done.
        }
    }

    private MoRef Manager(Inventory inventory, string name) =>
        inventory.Content.Manager(name) ?? throw No(PlatformErrorKind.Unsupported, $"site {Name} ({Where}) has no {name}");

    /// <summary>A bare host has one datacenter and takes none.</summary>
    private static System.Xml.Linq.XElement? DatacenterArgument(string name, MoRef? datacenter) => datacenter is { } found ? Ref(name, found) : null;
}
