using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

// Export leases: the way to disks that are no plain files for us, by snapshots or linked clones under them, on object stores, or where the account may not read datastores.
internal sealed partial class VSphereSite
{
    /// <summary>Faults by which a vCenter says that a template is not exported.</summary>
    private static readonly string[] NoTemplates = ["InvalidState", VSphereErrors.NotSupported, "InvalidPowerState", "RestrictedVersion"];

    /// <summary>Leases last five minutes unless somebody tells of progress.</summary>
    private static readonly TimeSpan LeaseRunsOut = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan LeasePoll = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _exporting = new(1, 1);
    private readonly Dictionary<MoRef, SharedLease> _exports = [];

    /// <summary>One lease stands for all disks of a VM, and a VM has one at a time.</summary>
    private sealed class SharedLease(NfcLease lease, Func<Task> after)
    {
        internal NfcLease Lease => lease;

        internal int Users { get; set; } = 1;

        internal async Task EndAsync()
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            await after().ConfigureAwait(false);
        }
    }

    /// <param name="snapshot">Whose content is read; null for a VM that is off.</param>
    private async Task<DiskAccess> OpenExportAsync(VimObject vm, MoRef? snapshot, Devices devices, VirtualDisk disk, string name, CancellationToken cancellation)
    {
        var what = $"vSphere could not export {name}";
        var entity = snapshot ?? vm.Ref;
        await _exporting.WaitAsync(cancellation).ConfigureAwait(false);
        SharedLease shared;
        try
        {
            if (_exports.TryGetValue(entity, out var open))
            {
                open.Users++;
                shared = open;
            }
            else
            {
                _exports[entity] = shared = await LeaseAsync(what, vm, snapshot, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _exporting.Release();
        }

        try
        {
            var place = PlaceOf(devices, disk);
            var address = shared.Lease.AddressOf(place) ?? throw No(PlatformErrorKind.Unsupported, $"{what}: the host's lease has no address for the disk at {place}");
            return new NfcDisk(name, shared.Lease, address, disk.LengthBytes ?? 0, ReleaseAsync);
        }
        catch
        {
            await ReleaseAsync().ConfigureAwait(false);
            throw;
        }

        async ValueTask ReleaseAsync()
        {
            await _exporting.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                if (--shared.Users == 0)
                {
                    _exports.Remove(entity);
                    await shared.EndAsync().ConfigureAwait(false);
                }
            }
            finally
            {
                _exporting.Release();
            }
        }
    }

    /// <remarks>
    /// A vCenter may refuse to export a template, which is what a fenced VM is. Then it is a VM again for as long as the lease stands, and nobody can start it in that time: the lease holds it.
    /// </remarks>
    private async Task<SharedLease> LeaseAsync(string what, VimObject vm, MoRef? snapshot, CancellationToken cancellation)
    {
        if (snapshot is { } moment)
        {
            return new SharedLease(await NfcLease.ReadyAsync(_client, what, await _client.ChangeAsync(what, moment, "ExportSnapshot", cancellation).ConfigureAwait(false), imports: false, _time, cancellation).ConfigureAwait(false), () => Task.CompletedTask);
        }

        var fence = Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]));
        try
        {
            return new SharedLease(await ExportAsync().ConfigureAwait(false), () => Task.CompletedTask);
        }
        catch (PlatformException exception) when (vm.Flag("config.template") == true && fence is { AsTemplate: true } && NoTemplates.Contains(exception.NativeCode))
        {
            await UnmarkTemplateAsync(what, vm, fence, cancellation).ConfigureAwait(false);
            try
            {
                return new SharedLease(await ExportAsync().ConfigureAwait(false), FenceAgainAsync);
            }
            catch
            {
                await FenceAgainAsync().ConfigureAwait(false);
                throw;
            }
        }

        async Task<NfcLease> ExportAsync() => await NfcLease.ReadyAsync(
            _client, what, await WhenFreeAsync(() => _client.ChangeAsync(what, vm.Ref, "ExportVm", cancellation), cancellation).ConfigureAwait(false), imports: false, _time, cancellation).ConfigureAwait(false);

        Task FenceAgainAsync() => _client.ChangeAsync(what, vm.Ref, "MarkAsTemplate", CancellationToken.None);
    }

    /// <summary>A run that was killed amid an export leaves a lease of which nobody knows the name; it holds the VM until it runs out. So a change that meets a task is tried again for so long.</summary>
    private async Task<T> WhenFreeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        for (var since = _time.GetTimestamp(); ;)
        {
            try
            {
                return await change().ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.TaskInProgress && _time.GetElapsedTime(since) < LeaseRunsOut)
            {
                await Task.Delay(LeasePoll, _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private static string PlaceOf(Devices devices, VirtualDisk disk)
    {
        var controller = devices.ByKey(disk.Device.Number("controllerKey"));
        return string.Create(CultureInfo.InvariantCulture, $"{controller.Type()}{controller.Number("busNumber") ?? 0}:{disk.Device.Number("unitNumber") ?? 0}");
    }

    /// <summary>Whether the content of a disk lies in one flat file that a datastore gives out.</summary>
    /// <param name="datacenter">Of the VM.</param>
    private static bool IsFlat(VirtualDisk disk, Inventory inventory, MoRef? datacenter) =>
        disk.Chain.Count() == 1 && !IsObjectStore((disk.Path is { } path ? inventory.Datastore(path.Datastore, datacenter) : null)?.Facts.Text("summary.type"));

    private static bool IsFlat(Disk disk) => disk.BackingChain.IsEmpty && !IsObjectStore(Engine.Facts.Keys.DiskFact.StoreKind.Of(disk).TryGet(out var kind) ? kind : null);

    internal static bool IsObjectStore(string? kind) => kind is not null && ObjectStores.Contains(kind, StringComparer.OrdinalIgnoreCase);
}
