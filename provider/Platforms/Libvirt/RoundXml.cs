using System.Collections.Immutable;
using System.Xml.Linq;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>The documents of a round (https://libvirt.org/formatbackup.html, formatcheckpoint.html). Pure.</summary>
internal static class RoundXml
{
    /// <summary>What a disk's dirty bitmap is called at the backup's NBD server.</summary>
    internal const string Bitmap = "dirty";

    private const string ScratchMark = ".vmmigrate-";

    internal static string NameOf(string migrationId, string checkpoint) => $"{migrationId}.{checkpoint}";

    /// <summary>Our name of a checkpoint; null for one that is not of this migration.</summary>
    internal static string? Parse(string migrationId, string name) =>
        name.StartsWith(migrationId + ".", StringComparison.Ordinal) ? name[(migrationId.Length + 1)..] : null;

    /// <summary>The file that keeps what the guest overwrites while a round is read. A dot in front: no disk of ours is named so.</summary>
    internal static string ScratchOf(string folder, string migrationId, string disk) => $"{folder}/{ScratchMark}{VolumeName.ShortIdOf(migrationId)}-{disk}.scratch";

    /// <summary>Whether a backup that runs is a round of this migration; null: of any of ours.</summary>
    internal static bool IsOurs(string backup, string? migrationId) =>
        Xml.Parse(backup).Descendants("scratch").Any(scratch =>
            scratch.Attr("file")?.Contains($"/{ScratchMark}{(migrationId is null ? "" : VolumeName.ShortIdOf(migrationId) + "-")}", StringComparison.Ordinal) == true);

    /// <param name="since">The checkpoint's name at libvirt; null: everything.</param>
    internal static string Backup(IEnumerable<RoundDisk> disks, IEnumerable<string> others, string socket, string? since) => Xml.Print(new XElement(
        "domainbackup",
        new XAttribute("mode", "pull"),
        new XElement("server", new XAttribute("transport", "unix"), new XAttribute("socket", socket)),
        new XElement(
            "disks",
            disks.Select(disk => new XElement(
                "disk",
                new XAttribute("name", disk.Name),
                new XAttribute("backup", "yes"),
                new XAttribute("type", "file"),
                new XAttribute("exportname", disk.Name),
                since is null || !disk.Tracked
                    ? [new XAttribute("backupmode", "full")]
                    : new object[] { new XAttribute("backupmode", "incremental"), new XAttribute("incremental", since), new XAttribute("exportbitmap", Bitmap) },
                new XElement("driver", new XAttribute("type", "qcow2")),
                new XElement("scratch", new XAttribute("file", disk.Scratch)))),
            others.Select(name => new XElement("disk", new XAttribute("name", name), new XAttribute("backup", "no"))))));

    /// <summary>Null where no disk can have a bitmap.</summary>
    internal static string? Checkpoint(string name, ImmutableArray<RoundDisk> disks, IEnumerable<string> others) => !disks.Any(disk => disk.Tracked)
        ? null
        : Xml.Print(new XElement(
            "domaincheckpoint",
            new XElement("name", name),
            new XElement(
                "disks",
                disks.Select(disk => Disk(disk.Name, disk.Tracked ? "bitmap" : "no")),
                others.Select(other => Disk(other, "no")))));

    /// <summary>Whether every disk of a checkpoint still has its bitmap, by what libvirt measured.</summary>
    internal static bool IsWhole(string checkpoint) =>
        Sizes(checkpoint)?.TrueForAll(size => size is not null) ?? false;

    /// <summary>Bytes that have changed since, by what libvirt measured; null where a disk of the checkpoint has lost its bitmap.</summary>
    internal static long? MeasuredBytes(string checkpoint)
    {
        var sizes = Sizes(checkpoint);
        return sizes is null or [] || sizes.Exists(size => size is null) ? null : sizes.Sum(size => long.Parse(size!, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>What libvirt measured of each disk with a bitmap: null for one that has lost it. Null as a whole where the checkpoint tells of no disks.</summary>
    private static List<string?>? Sizes(string checkpoint) =>
        Xml.Parse(checkpoint).Element("disks")?.Elements("disk").Where(disk => disk.Attr("checkpoint") == "bitmap").Select(disk => disk.Attr("size")).ToList();

    private static XElement Disk(string name, string kind) => new("disk", new XAttribute("name", name), new XAttribute("checkpoint", kind));
}

/// <param name="Tracked">Its format keeps bitmaps (qcow2).</param>
/// <param name="Scratch">The path of its scratch file.</param>
internal sealed record RoundDisk(string Name, bool Tracked, string Scratch);
