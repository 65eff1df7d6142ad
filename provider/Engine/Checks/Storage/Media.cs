using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Storage;

/// <summary>What is in drives and on disks.</summary>
internal static class Media
{
    private static readonly string[] Known = ["ext2", "ext3", "ext4", "xfs", "vfat", "fat32", "ntfs", "swap", "iso9660", "btrfs"];

    internal static void Rule(Look look)
    {
        foreach (var disk in look.Subject.Vm.Disks.Where(disk => disk.Device == "cdrom"))
        {
            look.Say($"A medium is in the {disk.Device} drive {disk.Name} ({disk.Location}). It would not be there at the target. Eject it.", $"disk {disk.Name}");
        }

        if (look.Get(VmFact.Media, out var media) && !look.Subject.Vm.Disks.Any(disk => disk.Device == "cdrom") && !media.IsEmpty)
        {
            look.Trip(null, $"media in {VmFact.Media.Print(media)}", "empty drives");
        }
    }

    internal static void Dynamic(Look look)
    {
        if (look.Get(GuestFact.DynamicDisk, out var which) && which is "system" or "data")
        {
            look.Trip(null, $"a dynamic {which} disk", "basic disks", which == "system" ? null : Weight.Warns);
        }
    }

    internal static void Filesystems(Look look)
    {
        if (look.Get(GuestFact.Filesystems, out var used) && used.Except(Known, StringComparer.OrdinalIgnoreCase).ToImmutableArray() is { IsEmpty: false } unknown)
        {
            look.Trip(null, $"filesystem {GuestFact.Filesystems.Print(unknown)}", string.Join(", ", Known));
        }
    }
}
