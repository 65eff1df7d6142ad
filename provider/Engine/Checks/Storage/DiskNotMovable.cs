using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>Every disk must be one that can be read whole and belongs to this VM alone.</summary>
/// <remarks>If ignored, a shared disk would fork, an encrypted or passed-through one could not be opened. Facts: the VM's definition.</remarks>
internal static class DiskNotMovable
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        var at = PropertyPath.Of("vm");
        if (subject.Vm.Disks.IsEmpty)
        {
            yield return Finding.Error("disk.none", at, $"{subject.Vm.Name} has no disk, so there is nothing to copy.");
        }

        foreach (var disk in subject.Vm.Disks)
        {
            if (disk.Device == "cdrom" || disk.Device == "floppy")
            {
                yield return new Finding(
                    "disk.cdrom", Severity.Error, at,
                    $"A medium is in the {disk.Device} drive {disk.Name} ({disk.Location}). It would not be there at the target. Eject it.")
                { Subject = disk.Name };
                continue;
            }

            if (disk.Shared)
            {
                yield return new Finding(
                    "disk.shared", Severity.Error, at,
                    $"Disk {disk.Name} ({disk.Location}) is shared with other VMs. A copy would part ways with theirs. Move it by its own means, or detach it.")
                { Subject = disk.Name };
            }

            if (disk.Encrypted.Or(false))
            {
                yield return new Finding(
                    "crypt.vm-encryption", Severity.Error, at,
                    $"Disk {disk.Name} ({disk.Location}) is encrypted by its image format, which is not supported. Decrypt it first, or encrypt inside the guest.")
                { Subject = disk.Name };
            }

            if (!disk.Readable)
            {
                yield return new Finding(
                    "disk.unreadable", Severity.Error, at,
                    $"Disk {disk.Name} ({disk.Location}) is no file or volume that can be copied. Detach it, or move it by its own means.")
                { Subject = disk.Name };
            }

            if (!disk.LengthBytes.IsKnown)
            {
                yield return new Finding(
                    "disk.length-unknown", Severity.Error, at,
                    $"The length of disk {disk.Name} ({disk.Location}) could not be read: {disk.LengthBytes.WhyUnknown}. Without it no copy can be made.")
                { Subject = disk.Name };
            }
        }
    }
}
