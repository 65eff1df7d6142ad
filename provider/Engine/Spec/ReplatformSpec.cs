using System.Collections.Immutable;

namespace VmMigrate.Engine.Spec;

/// <summary>The VM's data goes to a new VM that starts from an image: another operating system, maybe of another processor architecture.</summary>
/// <param name="Image">In the target's words (EC2: the id of an AMI).</param>
/// <param name="DataDisks">The disks that are carried, with the device name that each gets at the new VM.</param>
/// <param name="Hooks">Commands in the new guest, in this order, before the gates. Each is a probe of kind SSH whose timeout counts for the login and again for the command.</param>
public sealed record ReplatformSpec(string Image, ImmutableArray<DataDisk> DataDisks, ImmutableArray<ProbeSpec> Hooks)
{
    /// <summary>What a copy that is made by it carries in its stamp: another note means another VM.</summary>
    public string Note => string.Join(' ', [Uri.EscapeDataString(Image), .. DataDisks.Select(disk => $"{Uri.EscapeDataString(disk.Disk)}={Uri.EscapeDataString(disk.Device)}")]);

    /// <summary>The names of the disks in such a note.</summary>
    public static ImmutableArray<string> DisksOf(string note) => [.. note.Split(' ').Skip(1).Select(pair => Uri.UnescapeDataString(pair.Split('=')[0]))];
}

/// <param name="Disk">Its name at the source.</param>
/// <param name="Device">Such as <c>/dev/sdf</c>.</param>
public readonly record struct DataDisk(string Disk, string Device);
