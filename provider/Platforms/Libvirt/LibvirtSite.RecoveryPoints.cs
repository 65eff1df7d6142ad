using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

/// <content>Recovery points: internal snapshots of the qcow2 images that we made. They go with their image, and no chain hangs on them.</content>
/// <remarks>libvirt is not told of them, since it refuses to migrate a VM with snapshots that it knows. qemu-img makes them while the VM is off.</remarks>
internal sealed partial class LibvirtSite
{
    /// <summary>A snapshot counts every cluster in use once more: some seconds a TiB.</summary>
    private static readonly TimeSpan SnapshotLimit = TimeSpan.FromMinutes(10);

    public override string? WhyNoPoints(string? format) =>
        _exporter is null ? WhyNoDisks
        : format is not null and not "qcow2" ? $"a {format} image has no room for them, a qcow2 image has"
        : null;

    public override async Task<ImmutableArray<PointAtSite>> FindPointsAsync(string migrationId, CancellationToken cancellation)
    {
        var disks = await FindStampedDisksAsync(migrationId, cancellation).ConfigureAwait(false);
        var all = new List<string>();
        foreach (var disk in disks.Where(disk => disk.Format == "qcow2"))
        {
            all.AddRange(await PointsOfAsync(disk, cancellation).ConfigureAwait(false));
        }

        return [.. all.GroupBy(point => point, StringComparer.Ordinal).OrderBy(point => point.Key, StringComparer.Ordinal).Select(point => new PointAtSite(point.Key, point.Count() == disks.Length))];
    }

    public override async Task EnsurePointAsync(string migrationId, string point, CancellationToken cancellation)
    {
        foreach (var disk in await RestingDisksAsync(migrationId, cancellation).ConfigureAwait(false))
        {
            if (disk.Format != "qcow2")
            {
                throw No(PlatformErrorKind.Unsupported, $"disk {disk.Location} at site {Name} is a {disk.Format} image, which has no room for recovery points");
            }

            if (!(await PointsOfAsync(disk, cancellation).ConfigureAwait(false)).Contains(point))
            {
                await SnapshotAsync(disk, "-c", point, "kept as a recovery point", cancellation).ConfigureAwait(false);
            }
        }
    }

    public override async Task<DiskAccess> OpenPointDiskAsync(string migrationId, string point, string diskName, CancellationToken cancellation)
    {
        var disk = (await RestingDisksAsync(migrationId, cancellation).ConfigureAwait(false)).FirstOrDefault(disk => disk.DiskName == diskName);
        return disk is not null && (await PointsOfAsync(disk, cancellation).ConfigureAwait(false)).Contains(point)
            ? await OpenAsync(new DiskImage(disk.Location, disk.Format, null, Writable: false) { Snapshot = SnapshotName(migrationId, point) }, cancellation).ConfigureAwait(false)
            : throw No(PlatformErrorKind.NotFound, $"site {Name} keeps no recovery point {point} of disk {diskName}");
    }

    public override async Task EnsurePointRestoredAsync(string migrationId, string point, CancellationToken cancellation)
    {
        var disks = await RestingDisksAsync(migrationId, cancellation).ConfigureAwait(false);
        foreach (var disk in disks)
        {
            if (!(await PointsOfAsync(disk, cancellation).ConfigureAwait(false)).Contains(point))
            {
                throw No(PlatformErrorKind.NotFound, $"site {Name} keeps no recovery point {point} of disk {disk.Location}; nothing was changed");
            }
        }

        // A copy that was under way to them is none any more.
        await ForgetMapsAsync([.. disks.Select(disk => disk.Location)], cancellation).ConfigureAwait(false);
        foreach (var disk in disks)
        {
            await SnapshotAsync(disk, "-a", point, "taken back to a recovery point", cancellation).ConfigureAwait(false);
        }
    }

    public override async Task EnsurePointRemovedAsync(string migrationId, string point, CancellationToken cancellation)
    {
        var disks = (await FindStampedDisksAsync(migrationId, cancellation).ConfigureAwait(false)).Where(disk => disk.Format == "qcow2").ToList();
        foreach (var vm in disks.Select(disk => disk.Attached).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await RemoveFromVmAsync(vm, migrationId, point, cancellation).ConfigureAwait(false);
        }

        foreach (var disk in disks)
        {
            if ((await PointsOfAsync(disk, cancellation).ConfigureAwait(false)).Contains(point))
            {
                await SnapshotAsync(disk, "-d", point, "freed of a recovery point", cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Of a VM that is on, QEMU has to take it out of the images itself: libvirt is told of the snapshot, and to delete it. Of one that is off, what a killed run has told libvirt is taken away.</summary>
    private Task RemoveFromVmAsync(string vmId, string migrationId, string point, CancellationToken cancellation) => _connection.ChangeAsync(
        $"removing a recovery point of VM {vmId}",
        session =>
        {
            using var domain = session.FindDomain(vmId);
            if (domain is null)
            {
                return;
            }

            var name = SnapshotName(migrationId, point);
            var off = session.State(domain).State == VirDomainState.ShutOff;
            using var known = session.FindSnapshot(domain, name);
            if (known is not null)
            {
                session.Delete(known, metadataOnly: off);
            }
            else if (!off)
            {
                using var told = session.RedefineSnapshot(domain, SnapshotXml(name, Xml.Parse(session.Xml(domain, XmlFlags.Inactive)), migrationId));
                session.Delete(told, metadataOnly: false);
            }
        },
        cancellation);

    /// <summary>The migration's disks, none of them in use.</summary>
    private async Task<ImmutableArray<TargetDisk>> RestingDisksAsync(string migrationId, CancellationToken cancellation)
    {
        var disks = await FindStampedDisksAsync(migrationId, cancellation).ConfigureAwait(false);
        await _connection.ReadAsync(
            $"looking whether the disks of migration {migrationId} are in use",
            session =>
            {
                foreach (var vm in disks.Select(disk => disk.Attached).OfType<string>().Distinct(StringComparer.Ordinal))
                {
                    using var domain = session.Domain(vm);
                    RequireOff(session, domain, "kept or taken back");
                }

                return true;
            },
            cancellation).ConfigureAwait(false);
        return disks;
    }

    private async Task<List<string>> PointsOfAsync(TargetDisk disk, CancellationToken cancellation)
    {
        // -U: a running VM holds its image; its list of snapshots changes by our hand only.
        var reply = await Exporter().AskQemuImgAsync(disk.Location, ["snapshot", "-l", "-U", "--image-opts", Options(disk)], DiskExport.EndLimit, cancellation).ConfigureAwait(false);
        return reply.Complaint is null
            ? [.. Listed().Matches(reply.Said).Where(match => match.Groups["id"].Value == VolumeName.ShortIdOf(disk.MigrationId)).Select(match => match.Groups["point"].Value)]
            : throw No(Kind(reply.Complaint), $"the recovery points of disk {disk.Location} at site {Name} cannot be listed: {reply.Complaint}");
    }

    private async Task SnapshotAsync(TargetDisk disk, string what, string point, string said, CancellationToken cancellation)
    {
        var reply = await Exporter().AskQemuImgAsync(
            disk.Location, ["snapshot", what, SnapshotName(disk.MigrationId, point), "--image-opts", Options(disk)], SnapshotLimit, cancellation).ConfigureAwait(false);
        if (reply.Complaint is { } words)
        {
            throw No(Kind(words), $"disk {disk.Location} at site {Name} cannot be {said}: {words}");
        }
    }

    private static PlatformErrorKind Kind(string words) => words switch
    {
        _ when words.Contains("lock", StringComparison.Ordinal) => PlatformErrorKind.Busy,
        _ when words.Contains("No such file", StringComparison.Ordinal) => PlatformErrorKind.NotFound,
        _ when words.Contains("Permission denied", StringComparison.Ordinal) => PlatformErrorKind.Denied,
        _ when words.Contains("No space left", StringComparison.Ordinal) => PlatformErrorKind.Full,
        _ => PlatformErrorKind.Refused,
    };

    /// <summary>The format is said, never guessed from the content.</summary>
    private static string Options(TargetDisk disk) => $"driver=qcow2,file.driver=file,file.filename={disk.Location.Replace(",", ",,", StringComparison.Ordinal)}";

    private static string SnapshotName(string migrationId, string point) => $"vmmigrate-{VolumeName.ShortIdOf(migrationId)}-{point}";

    /// <summary>Our disks have it, others do not.</summary>
    private static string SnapshotXml(string name, XElement definition, string migrationId) => Xml.Print(new XElement(
        "domainsnapshot",
        new XElement("name", name),
        new XElement("creationTime", "0"),
        new XElement("state", "shutoff"),
        new XElement("memory", new XAttribute("snapshot", "no")),
        new XElement("disks", definition.Devices("disk").Where(disk => DomainXml.DiskName(disk) is not null).Select(disk => new XElement(
            "disk",
            new XAttribute("name", DomainXml.DiskName(disk)!),
            new XAttribute("snapshot", DomainXml.DiskLocation(disk) is { } path && VolumeName.Parse(Path.GetFileName(path)) is { IsDisk: true, Extension: "qcow2" } volume && volume.BelongsTo(migrationId) ? "internal" : "no")))),
        definition));

    [GeneratedRegex(@"\svmmigrate-(?<id>[0-9a-f]{8})-(?<point>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)\s", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Listed();
}
