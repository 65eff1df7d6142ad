namespace VmMigrate.Platforms.Libvirt;

// What libvirt knows of internal snapshots: none of ours, but for the moment in which one is taken out of a running VM's disks.
internal sealed unsafe partial class LibvirtSession
{
    internal SnapshotHandle? FindSnapshot(DomainHandle domain, string name) =>
        Found(NativeMethods.virDomainSnapshotLookupByName(domain, name, 0), VirErrorCode.NoDomainSnapshot, () => $"libvirt could not look for snapshot {name} of VM {Name(domain)}");

    /// <summary>Tells libvirt of a snapshot that is in the images already.</summary>
    internal SnapshotHandle RedefineSnapshot(DomainHandle domain, string xml)
    {
        const uint Redefine = 1;
        return Valid(NativeMethods.virDomainSnapshotCreateXML(domain, xml, Redefine), () => $"libvirt could not take over a snapshot of VM {Name(domain)}");
    }

    /// <summary>Deletes a snapshot from the images, or only what libvirt knows of it.</summary>
    internal void Delete(SnapshotHandle snapshot, bool metadataOnly)
    {
        const uint MetadataOnly = 2;
        Check(NativeMethods.virDomainSnapshotDelete(snapshot, metadataOnly ? MetadataOnly : 0), () => "libvirt could not delete a snapshot");
    }
}
