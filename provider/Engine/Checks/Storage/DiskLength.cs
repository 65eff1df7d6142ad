using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>Lengths and shapes of disks.</summary>
internal static class DiskLength
{
    internal static Rule None { get; } = Rules.Own("the VM has no disk", [], look =>
    {
        if (look.Subject.Vm.Disks.IsEmpty)
        {
            look.Say($"{look.Subject.Vm.Name} has no disk, so there is nothing to copy. Check that it is the right VM.");
        }
    });

    internal static Rule Zero { get; } = Rules.Own("`disk.length` is 0 or less", [DiskFact.Length], look =>
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Length, item, out var length) && length <= 0)
            {
                look.Trip(item.Name, $"a length of {length} bytes", "more than none");
            }
        }
    });

    internal static Rule Unknown { get; } = Rules.Own("`disk.length` is unknown", [DiskFact.Length], look =>
    {
        foreach (var disk in look.Subject.Vm.Disks.Where(disk => disk.Device == "disk" && !disk.LengthBytes.IsKnown))
        {
            look.Say($"The length of disk {disk.Name} ({disk.Location}) could not be read: {disk.LengthBytes.WhyUnknown}. Without it no copy can be made. Mend the image or its permissions, or detach the disk.", $"disk {disk.Name}");
        }
    });

    internal static Rule Unreadable { get; } = Rules.Own("the driver cannot read what the disk lies on", [], look =>
    {
        foreach (var disk in look.Subject.Vm.Disks.Where(disk => disk.Device == "disk" && !disk.Readable))
        {
            look.Say($"Disk {disk.Name} ({disk.Location}) is no file or volume that can be copied. Detach it, or move it by its own means.", $"disk {disk.Name}");
        }
    });

    internal static void Rounding(Look look)
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Length, item, out var length) && look.Get(PoolFact.Granularity, out var unit) && unit > 0 && length % unit != 0)
            {
                look.Trip(item.Name, Human.Bytes((long)length), $"a multiple of {Human.Bytes((long)unit)}");
            }
        }
    }

    internal static void Thick(Look look)
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.Thin, item, out var thin) && thin && look.Get(PoolFact.ThinOnly, out var thinThere) && !thinThere)
            {
                look.Trip(item.Name, "thin here and thick there", "thin allocation");
            }
        }
    }

    internal static void Sector(Look look)
    {
        foreach (var item in look.Items(FactScope.Disk))
        {
            if (look.Get(DiskFact.SectorSize, item, out var size) && look.Get(PoolFact.SectorSize, out var there) && size != there)
            {
                look.Trip(item.Name, $"sectors of {size} bytes here and {there} there", "the same");
            }
        }
    }
}
