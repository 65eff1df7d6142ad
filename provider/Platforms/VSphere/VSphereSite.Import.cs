using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Xml.Linq;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// Import leases: a host takes a disk as one compressed stream of what is not zero. A lease makes a VM, so each disk comes with one that only carries it, in a folder below that of the copy's
/// disks; when the stream is whole the VM is taken away and the disk's content put in its place:
/// <code>
/// ImportVApp ─► [ds] web-01.vmm-ID/sda-new-1a2b3c4d/disk.vmdk ─► stream ─► HttpNfcLeaseComplete ─► UnregisterVM ─► disk-flat.vmdk becomes [ds] web-01.vmm-ID/sda-flat.vmdk
/// </code>
/// </summary>
/// <remarks>A disk of which the stream was whole is never sent again. One of which it was not leaves nothing: the lease runs out, and the host deletes what it had of it.</remarks>
internal sealed partial class VSphereSite
{
    private const string Staged = "-new-";

    /// <summary>A stream has places of 32 bits for its sectors.</summary>
    private const long MostImportBytes = 2L << 40;

    private const int MostImports = 3;

    /// <summary>A host that takes nothing for so long is taken for gone.</summary>
    private static readonly TimeSpan ImportSilence = TimeSpan.FromMinutes(2);

    /// <summary>When all has been sent, a host still has to write what it holds.</summary>
    private static readonly TimeSpan ImportEnd = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ReachAge = TimeSpan.FromMinutes(5);

    /// <summary>Hosts that are asked whether they can be reached, before there is another way to go.</summary>
    private const int MostHostsTried = 3;

    private static readonly string[] OnImportPool = ["VApp.Import"];

    private static readonly string[] OnImportFolder = ["VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Unregister", "VirtualMachine.Config.AddNewDisk"];

    private readonly ConcurrentDictionary<MoRef, (long At, string? WhyNot)> _reached = new();

    /// <summary>By datastore, how disks there are written; for preview.</summary>
    private readonly ConcurrentDictionary<MoRef, string> _writing = new();

    /// <summary>Where disks are imported, or why not.</summary>
    private sealed record ImportPlace(MoRef Folder, MoRef Pool, MoRef Host, string? WhyNot)
    {
        internal InventoryItem? Store { get; init; }

        internal static ImportPlace None(string why) => new(default, default, default, why);
    }

    private static bool IsStaged(string fileName) => fileName.Contains(Staged, StringComparison.Ordinal);

    /// <summary>How disks that are to be made here will be written, as far as previews have looked.</summary>
    private string DescribeWriting() => _writing.Values.Distinct(StringComparer.Ordinal).ToList() switch
    {
        [] => FlatDiskAccess.UploadKind,
        [var one] => one,
        _ => $"{FlatDiskAccess.ImportKind}, where its datastore and its hosts allow that, else {FlatDiskAccess.UploadKind}",
    };

    /// <summary>Whether the account may import to that datastore, and by which host that this machine reaches. Only reads.</summary>
    private async Task<ImportPlace> ImportPlaceAsync(Inventory inventory, InventoryItem store, long lengthBytes, CancellationToken cancellation)
    {
        var place = lengthBytes > MostImportBytes
            ? ImportPlace.None("a compressed stream holds 2 TiB at most")
            : await ImportPlaceAsync(inventory, store, cancellation).ConfigureAwait(false);
        _writing[store.Ref] = place.WhyNot is null ? FlatDiskAccess.ImportKind : FlatDiskAccess.UploadKind;
        return place;
    }

    private async Task<ImportPlace> ImportPlaceAsync(Inventory inventory, InventoryItem store, CancellationToken cancellation)
    {
        const string What = "looking for a way to import disks";
        var hosts = inventory.Hosts.Where(host => Sees(host, store) && host.Text("runtime.connectionState") == "connected" && host.Flag("runtime.inMaintenanceMode") != true).Take(MostHostsTried).ToList();
        string? why = null;
        foreach (var host in hosts)
        {
            // A bare host is the server that we talk to.
            if (inventory.Content.IsVCenter && await WhyNotReachedAsync(host, cancellation).ConfigureAwait(false) is { } silent)
            {
                why ??= silent;
                continue;
            }

            var (folder, pool, _) = await PlaceAsync(What, inventory, store, host.Text("name"), cancellation).ConfigureAwait(false);
            var missing = await MissingAsync(
                inventory.Content,
                [
                    (pool, $"resource pool {inventory.PathOf(inventory.Find(pool)?.RefOf("parent"), inventory.NameOf(pool))}", OnImportPool),
                    (folder, $"folder {inventory.NameOf(folder) ?? folder.Value}", OnImportFolder),
                ],
                cancellation).ConfigureAwait(false);
            return missing is { Count: > 0 }
                ? ImportPlace.None($"the account lacks {string.Join(", ", missing)}")
                : new ImportPlace(folder, pool, host.Ref, null);
        }

        return ImportPlace.None(why ?? "no connected host sees it");
    }

    /// <summary>The stream goes to the host itself, which a machine that reaches vCenter need not reach.</summary>
    private async Task<string?> WhyNotReachedAsync(VimObject host, CancellationToken cancellation)
    {
        if (_reached.TryGetValue(host.Ref, out var known) && _time.GetElapsedTime(known.At) < ReachAge)
        {
            return known.WhyNot;
        }

        var name = host.Text("summary.config.name") ?? host.Text("name") ?? host.Ref.Value;
        var port = int.TryParse(host.Text("summary.config.port"), CultureInfo.InvariantCulture, out var told) ? told : 443;
        string? why = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ReachLimit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(name, port, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            why = $"host {name} cannot be reached from this machine at port {port}: {exception.Message}";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            why = $"host {name} does not answer this machine at port {port}";
        }

        _reached[host.Ref] = (_time.GetTimestamp(), why);
        return why;
    }

    /// <param name="mayRepeat">Asked before a stream that broke is begun again.</param>
    /// <returns>Why the server refuses leases here, with nothing done; null when the disk is in place.</returns>
    private async Task<string?> ImportAsync(
        ImportPlace place, Inventory inventory, DatastorePath path, FlatDisk disk, MergedDisk content, Func<DatastorePath, CancellationToken, Task> swap,
        Func<CancellationToken, Task> mayRepeat, CancellationToken cancellation)
    {
        var what = $"vSphere could not import disk {path} at site {Name}";
        for (var tries = 1; ; tries++)
        {
            await RemoveStagedAsync(what, inventory, place.Store!, path, cancellation).ConfigureAwait(false);
            XElement asked;
            var staged = path.Beside(path.FileName[..^".vmdk".Length] + Staged + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
            await EnsureFolderAsync(what, inventory, place.Store!, staged, cancellation).ConfigureAwait(false);
            try
            {
                asked = await _client.ChangeAsync(what, place.Pool, "ImportVApp", cancellation, Carrier(path, staged, disk.LengthBytes), Ref("folder", place.Folder), Ref("host", place.Host)).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Denied or PlatformErrorKind.Unsupported)
            {
                await RemoveStagedAsync(what, inventory, place.Store!, path, cancellation).ConfigureAwait(false);
                return exception.Message;
            }

            try
            {
                await ImportOnceAsync(what, asked, inventory, place.Store!, path, staged, disk, content, swap, cancellation).ConfigureAwait(false);
                return null;
            }
            catch (BlockException exception) when (exception.CanRetry && tries < MostImports)
            {
                await Task.Delay(TimeSpan.FromSeconds(tries), _time, cancellation).ConfigureAwait(false);
                await mayRepeat(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task ImportOnceAsync(
        string what, XElement asked, Inventory inventory, InventoryItem store, DatastorePath path, DatastorePath staged, FlatDisk disk, MergedDisk content,
        Func<DatastorePath, CancellationToken, Task> swap, CancellationToken cancellation)
    {
        MoRef made;
        var lease = await NfcLease.ReadyAsync(_client, what, asked, imports: true, _time, cancellation).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            // For whoever comes after a kill: nothing else tells which lease holds the VM.
            await FilesOf(inventory, store.Datacenter).WriteTextAsync(LeaseNoteIn(staged), lease.Reference.Value, cancellation).ConfigureAwait(false);
            made = lease.Entity ?? throw No(PlatformErrorKind.Refused, $"{what}: the lease names no VM");
            await StreamAsync(what, lease, disk, content, cancellation).ConfigureAwait(false);
            await lease.CompleteAsync(what, cancellation).ConfigureAwait(false);
        }

        // From here on the disk is whole.
        var vm = await _client.ReadOneAsync(what, made, ["name", "config.hardware.device"], cancellation).ConfigureAwait(false);
        if (vm is null || Devices.Of(vm).Disks is not [{ Path: { } arrived } one] || one.LengthBytes != disk.LengthBytes)
        {
            throw disk.Failed(BlockErrorKind.WriteFailed, $"{what}: after the lease was completed there is no VM with one disk of {disk.LengthBytes} bytes", canRetry: true);
        }

        await _client.ChangeAsync(what, made, "UnregisterVM", cancellation).ConfigureAwait(false);
        await swap(arrived.Flat, cancellation).ConfigureAwait(false);
        if (arrived.Folder.Path is { Length: > 0 } folder && folder != path.Folder.Path && !folder.StartsWith(path.Folder.Path + "/", StringComparison.Ordinal))
        {
            // The host has chosen another folder than it was asked for.
            await DeleteFileAsync(what, inventory, store.Datacenter, arrived.Folder, cancellation).ConfigureAwait(false);
        }

        await RemoveStagedAsync(what, inventory, store, path, cancellation).ConfigureAwait(false);
    }

    private static async Task StreamAsync(string what, NfcLease lease, FlatDisk disk, MergedDisk content, CancellationToken cancellation)
    {
        var address = lease.OnlyAddress ?? throw disk.Failed(BlockErrorKind.Refused, $"{what}: the lease has no address for its disk", canRetry: false);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease.Lost);
        given.CancelAfter(ImportSilence);
        try
        {
            using var body = new ImportBody(content, lease, given);
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
            using var response = await lease.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, given.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw disk.Failed(
                    response.StatusCode == HttpStatusCode.InsufficientStorage ? BlockErrorKind.NoSpace : BlockErrorKind.WriteFailed,
                    $"{what}: host {address.Authority} answered {(int)response.StatusCode} {response.ReasonPhrase} to the stream", canRetry: (int)response.StatusCode >= 500 && response.StatusCode != HttpStatusCode.InsufficientStorage);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            var inner = exception.InnerException as BlockException ?? exception.InnerException?.InnerException as BlockException;
            throw inner ?? (lease.Lost.IsCancellationRequested
                ? disk.Failed(BlockErrorKind.Lost, $"{what}: the lease was lost: vCenter knows nothing of it any more, so it has run out or somebody has ended it. What had been sent under it is gone; the disk is as it was", canRetry: true, exception)
                : exception is OperationCanceledException
                    ? disk.Failed(BlockErrorKind.TimedOut, $"{what}: host {address.Authority} has taken nothing for {ImportSilence.TotalSeconds:0} s", canRetry: true, exception)
                    : disk.Failed(BlockErrorKind.Lost, $"{what}: the stream to host {address.Authority} broke: {exception.Message}", canRetry: true, exception));
        }
    }

    private static DatastorePath LeaseNoteIn(DatastorePath staged) => staged with { Path = $"{staged.Path}/lease" };

    /// <summary>What an earlier import of this disk has left. A lease that still stands is ended, or, where it cannot be, left alone: it runs out by itself.</summary>
    private async Task RemoveStagedAsync(string what, Inventory inventory, InventoryItem store, DatastorePath path, CancellationToken cancellation)
    {
        var folders = (await SearchFilesAsync(store, path.Folder, $"{path.FileName[..^".vmdk".Length]}{Staged}*", folders: true, cancellation).ConfigureAwait(false))
            .Select(path.Beside).ToHashSet();
        if (folders.Count == 0)
        {
            return;
        }

        foreach (var vm in (await _estate.GetAsync(cancellation).ConfigureAwait(false)).Vms)
        {
            if (DatastorePath.Parse(vm.Text("config.files.vmPathName"))?.Folder is not { } folder || !folders.Contains(folder))
            {
                continue;
            }

            if (await FilesOf(inventory, store.Datacenter).ReadTextAsync(LeaseNoteIn(folder), 256, cancellation).ConfigureAwait(false) is { Length: > 0 } lease)
            {
                await VimProperties.ForgetAsync(_client, new MoRef("HttpNfcLease", lease), "HttpNfcLeaseAbort").ConfigureAwait(false);
            }

            try
            {
                await _client.RunTaskAsync(what, vm.Ref, "Destroy_Task", cancellation).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.Kind == PlatformErrorKind.NotFound)
            {
                // It went with its lease.
            }
            catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Busy or PlatformErrorKind.Refused)
            {
                folders.Remove(folder);
            }
        }

        foreach (var folder in folders)
        {
            await DeleteFileAsync(what, inventory, store.Datacenter, folder, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A VM that is never started: it has one disk and nothing else.</summary>
    private static XElement Carrier(DatastorePath disk, DatastorePath folder, long lengthBytes) => Typed(
        "spec",
        "VirtualMachineImportSpec",
        El(
            "configSpec",
            El("name", $"{DiskFolder.Parse(disk.Folder)!.MigrationId} {folder.FileName}"),
            El("guestId", "otherGuest64"),
            El("annotation", $"Brings disk {disk} of a migration; it is taken away when the disk is whole. Do not start it."),
            El("files", El("vmPathName", folder with { Path = $"{folder.Path}/disk.vmx" })),
            El("numCPUs", 1),
            El("memoryMB", 4),
            El("deviceChange", El("operation", "add"), Typed("device", "VirtualLsiLogicController", El("key", 1000), El("busNumber", 0), El("sharedBus", "noSharing"))),
            El(
                "deviceChange", El("operation", "add"), El("fileOperation", "create"),
                Typed(
                    "device", "VirtualDisk", El("key", 2000),
                    Typed("backing", "VirtualDiskFlatVer2BackingInfo", El("fileName", folder with { Path = $"{folder.Path}/disk.vmdk" }), El("diskMode", "persistent"), El("thinProvisioned", true)),
                    El("controllerKey", 1000), El("unitNumber", 0), El("capacityInKB", lengthBytes / 1024), El("capacityInBytes", lengthBytes)))));

    /// <summary>The disk as a host takes it. Its length is not known before it was sent.</summary>
    private sealed class ImportBody : HttpContent
    {
        private readonly MergedDisk _disk;
        private readonly NfcLease _lease;
        private readonly CancellationTokenSource _given;

        internal ImportBody(MergedDisk disk, NfcLease lease, CancellationTokenSource given)
        {
            _disk = disk;
            _lease = lease;
            _given = given;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-vnd.vmware-streamVmdk");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var vmdk = new StreamVmdkWriter(stream, _disk.LengthBytes);
            await vmdk.BeginAsync(_given.Token).ConfigureAwait(false);
            await _disk.ReadAsync(
                async (offset, piece) =>
                {
                    await vmdk.WriteAsync(offset, piece, _given.Token).ConfigureAwait(false);
                    Passed(offset + piece.Length);
                },
                (offset, length) =>
                {
                    Passed(offset + length);
                    return ValueTask.CompletedTask;
                },
                _given.Token).ConfigureAwait(false);
            await vmdk.EndAsync(_given.Token).ConfigureAwait(false);
            _given.CancelAfter(ImportEnd);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        private void Passed(long at)
        {
            _given.CancelAfter(ImportSilence);
            _lease.Report((int)(at * 100 / Math.Max(1, _disk.LengthBytes)));
        }
    }
}
