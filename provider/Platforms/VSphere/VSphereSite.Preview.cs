using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.VSphere.Disks;

namespace VmMigrate.Platforms.VSphere;

// What only vSphere knows about a copy before it is made.
internal sealed partial class VSphereSite
{
    /// <summary>Datastores that keep objects in place of files. A disk there has no content of its own name that could be uploaded.</summary>
    private static readonly string[] ObjectStores = ["vsan", "vsanD", "VVOL", "PMEM"];

    public override async Task<TargetPreview> PreviewDefinedAsync(VmRequest request, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (var store in request.Disks.Select(disk => disk.Pool).Distinct(StringComparer.Ordinal).Select(inventory.Datastore).OfType<InventoryItem>())
        {
            if (store.Facts.Text("summary.type") is { } kind && IsObjectStore(kind))
            {
                findings.Add(Finding.Error(
                    "disk.store-type", PropertyPath.Of("target.storagePool"),
                    $"Datastore {store.UniqueName} at site \"{Name}\" is of kind {kind}: it keeps disks as objects, to which no file can be uploaded. Name a VMFS or NFS datastore, and move the VM to {store.UniqueName} by Storage vMotion (mode Live) afterwards."));
                continue;
            }

            var longest = request.Disks.Where(disk => inventory.Datastore(disk.Pool) == store).Max(disk => disk.LengthBytes);
            if ((await ImportPlaceAsync(inventory, store, longest, cancellation).ConfigureAwait(false)).WhyNot is { } why)
            {
                findings.Add(Finding.Note(
                    "disk.import-lease", PropertyPath.Of("target.storagePool"),
                    $"Disks are sent to datastore {store.UniqueName} at site \"{Name}\" as whole files ({FlatDiskAccess.UploadKind}), not under an import lease: {why}."));
            }
        }

        return new TargetPreview(findings.ToImmutable(), []);
    }
}
