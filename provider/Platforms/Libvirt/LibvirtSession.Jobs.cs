using System.Runtime.InteropServices;

namespace VmMigrate.Platforms.Libvirt;

#pragma warning disable CA1822

// Checkpoints, backups, migrations, and the jobs that they are.
internal sealed unsafe partial class LibvirtSession
{
    // --- Checkpoints ---

    /// <summary>All of a domain's, parents before their children.</summary>
    internal CheckpointHandle[] Checkpoints(DomainHandle domain)
    {
        const uint Topological = 2;
        return Take<CheckpointHandle>(NativeMethods.virDomainListAllCheckpoints(domain, out var array, Topological), array, () => $"libvirt could not list the checkpoints of VM {Name(domain)}");
    }

    internal CheckpointHandle? FindCheckpoint(DomainHandle domain, string name) =>
        Found(NativeMethods.virDomainCheckpointLookupByName(domain, name, 0), VirErrorCode.NoDomainCheckpoint, () => $"libvirt could not look for checkpoint {name} of VM {Name(domain)}");

    internal string Name(CheckpointHandle checkpoint) => Marshal.PtrToStringUTF8(NativeMethods.virDomainCheckpointGetName(checkpoint)) ?? "";

    /// <param name="measure">Also how much has changed since, for a running domain: a disk without that has lost its bitmap. Null where libvirt cannot measure.</param>
    internal string? Xml(CheckpointHandle checkpoint, bool measure)
    {
        const uint Secure = 1, Size = 4;
        return TextOrNull(NativeMethods.virDomainCheckpointGetXMLDesc(checkpoint, Secure | (measure ? Size : 0)));
    }

    /// <summary>Makes a checkpoint of a running domain.</summary>
    internal void CreateCheckpoint(DomainHandle domain, string xml) =>
        Valid(NativeMethods.virDomainCheckpointCreateXML(domain, xml, 0), () => $"libvirt could not make a checkpoint of VM {Name(domain)}").Dispose();

    /// <summary>Tells libvirt of a checkpoint whose bitmaps are there already.</summary>
    internal void RedefineCheckpoint(DomainHandle domain, string xml)
    {
        const uint Redefine = 1;
        Valid(NativeMethods.virDomainCheckpointCreateXML(domain, xml, Redefine), () => $"libvirt could not take over a checkpoint of VM {Name(domain)}").Dispose();
    }

    /// <summary>Deletes a checkpoint with its bitmaps, or only what libvirt knows of it. Null when that is done, else libvirt's words.</summary>
    internal string? Delete(CheckpointHandle checkpoint, bool metadataOnly)
    {
        const uint MetadataOnly = 2;
        return NativeMethods.virDomainCheckpointDelete(checkpoint, metadataOnly ? MetadataOnly : 0) < 0 && LibvirtErrors.Last() is { Code: not VirErrorCode.NoDomainCheckpoint } error ? error.Words : null;
    }

    // --- Backups ---

    internal void BeginBackup(DomainHandle domain, string backup, string? checkpoint) =>
        Check(NativeMethods.virDomainBackupBegin(domain, backup, checkpoint, 0), () => $"libvirt could not open the disks of VM {Name(domain)} for reading (backup)");

    /// <summary>The backup that runs now; null when there is none.</summary>
    internal string? Backup(DomainHandle domain) => TextOrNull(NativeMethods.virDomainBackupGetXMLDesc(domain, 0));

    /// <summary>Ends a job; one that has ended by itself is no failure.</summary>
    internal void AbortJob(DomainHandle domain)
    {
        if (NativeMethods.virDomainAbortJob(domain) < 0 && LibvirtErrors.Last() is { Code: not VirErrorCode.OperationInvalid } error)
        {
            throw Failed(error, () => $"libvirt could not end the job of VM {Name(domain)}");
        }
    }

    // --- The guest's file systems ---

    /// <summary>Null when they are frozen, else why not.</summary>
    internal string? Freeze(DomainHandle domain) => NativeMethods.virDomainFSFreeze(domain, null, 0, 0) < 0 ? LibvirtErrors.Last().Words : null;

    /// <summary>Null when they are thawed (also when they were), else why not.</summary>
    internal string? Thaw(DomainHandle domain) => NativeMethods.virDomainFSThaw(domain, null, 0, 0) < 0 ? LibvirtErrors.Last().Words : null;

    // --- Limits of a running domain's disks ---

    internal bool HasWriteLimit(DomainHandle domain, string disk)
    {
        string What() => $"libvirt could not read the limits of disk {disk} of VM {Name(domain)}";
        var count = 0;
        Check(NativeMethods.virDomainGetBlockIoTune(domain, disk, null, ref count, Affect.Live), What);
        var parameters = new VirTypedParameter[count];
        fixed (VirTypedParameter* first = parameters)
        {
            Check(NativeMethods.virDomainGetBlockIoTune(domain, disk, first, ref count, Affect.Live), What);
            for (var i = 0; i < count; i++)
            {
                // One of both kinds makes libvirt refuse the other, or change what it means.
                if (first[i].Value != 0 && Utf8(first[i].Field) is "total_bytes_sec" or "write_bytes_sec" or "read_bytes_sec")
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <param name="bytesPerSecond">0: none.</param>
    internal void SetWriteLimit(DomainHandle domain, string disk, long bytesPerSecond)
    {
        VirTypedParameter* parameters = null;
        var (count, room) = (0, 0);
        try
        {
            Check(NativeMethods.virTypedParamsAddULLong(ref parameters, ref count, ref room, "write_bytes_sec", (ulong)bytesPerSecond), () => "libvirt could not take a limit's parameters");
            Check(NativeMethods.virDomainSetBlockIoTune(domain, disk, parameters, count, Affect.Live), () => $"libvirt could not set the limit of disk {disk} of VM {Name(domain)}");
        }
        finally
        {
            NativeMethods.virTypedParamsFree(parameters, count);
        }
    }

    // --- Migrations ---

    /// <returns>The domain at its new host.</returns>
    internal DomainHandle Migrate(DomainHandle domain, ConnectHandle to, IReadOnlyDictionary<string, string> texts, IReadOnlyDictionary<string, ulong> numbers, uint flags)
    {
        VirTypedParameter* parameters = null;
        var (count, room) = (0, 0);
        try
        {
            foreach (var (name, value) in texts)
            {
                Check(NativeMethods.virTypedParamsAddString(ref parameters, ref count, ref room, name, value), () => "libvirt could not take a migration's parameters");
            }

            foreach (var (name, value) in numbers)
            {
                Check(NativeMethods.virTypedParamsAddULLong(ref parameters, ref count, ref room, name, value), () => "libvirt could not take a migration's parameters");
            }

            return Valid(NativeMethods.virDomainMigrate3(domain, to, parameters, (uint)count, flags), () => $"libvirt could not move VM {Name(domain)} live");
        }
        finally
        {
            NativeMethods.virTypedParamsFree(parameters, count);
        }
    }

    /// <summary>False where no migration is under way that would take it.</summary>
    internal bool SetMaxDowntime(DomainHandle domain, TimeSpan most) => NativeMethods.virDomainMigrateSetMaxDowntime(domain, (ulong)Math.Max(1, most.TotalMilliseconds), 0) == 0;

    /// <summary>From now on the guest runs at its new host, and the rest of its memory follows.</summary>
    internal void StartPostCopy(DomainHandle domain) => Check(NativeMethods.virDomainMigrateStartPostCopy(domain, 0), () => $"libvirt could not switch VM {Name(domain)} to post-copy");

    internal void Suspend(DomainHandle domain) => Check(NativeMethods.virDomainSuspend(domain), () => $"libvirt could not pause VM {Name(domain)}");

    /// <summary>Figures of the present job by libvirt's names, or of the last one that is over; null when there is none.</summary>
    internal Dictionary<string, long>? JobStats(DomainHandle domain, bool completed)
    {
        const uint Completed = 1, KeepCompleted = 2;
        if (NativeMethods.virDomainGetJobStats(domain, out var type, out var parameters, out var count, completed ? Completed | KeepCompleted : 0) < 0)
        {
            return null;
        }

        var found = new Dictionary<string, long>(StringComparer.Ordinal) { ["type"] = type };
        for (var i = 0; i < count; i++)
        {
            // int, uint, long, ulong; doubles, booleans and texts are of no use here.
            var value = parameters[i].Type switch
            {
                1 => (int)parameters[i].Value,
                2 => (uint)parameters[i].Value,
                3 or 4 => (long)parameters[i].Value,
                _ => (long?)null,
            };
            if (value is { } known)
            {
                found[Utf8(parameters[i].Field)] = known;
            }
        }

        NativeMethods.virTypedParamsFree(parameters, count);
        return type == 0 ? null : found;
    }
}
