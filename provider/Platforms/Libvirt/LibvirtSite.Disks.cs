using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// Disks: making, finding, opening and removing.
internal sealed partial class LibvirtSite
{
    /// <summary>libvirt makes qcow2 images in whole KiB; a length in between would grow.</summary>
    private const int Qcow2Unit = 1024;

    private const int BlockDeviceVolume = 1;

    public override Task<TargetDisk> EnsureDiskAsync(DiskRequest request, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"making disk {request.DiskName} of VM {request.VmName}",
            session =>
            {
                using var pool = ActivePool(session, request.Pool);
                var format = request.Format ?? UsualFormat(Xml.Parse(session.Xml(pool)), request.LengthBytes);
                if (format == "qcow2" && request.LengthBytes % Qcow2Unit != 0)
                {
                    throw No(
                        PlatformErrorKind.Unsupported,
                        $"disk {request.DiskName} of VM {request.VmName} has {request.LengthBytes} bytes, which is no whole number of KiB, and libvirt makes qcow2 images in whole KiB only; let it be raw");
                }

                var name = VolumeName.OfDisk(request.VmName, request.DiskName, request.MigrationId, format).ToString();
                if (FindExisting(session, pool, name, request, format) is { } found)
                {
                    return found;
                }

                var volume = session.CreateVolume(pool, Xml.Print(NewVolume(name, request.LengthBytes, format)), name);
                if (volume is null)
                {
                    // A file of this name that the pool has not seen yet: left by a run whose daemon was restarted.
                    session.Refresh(pool);
                    return FindExisting(session, pool, name, request, format)
                        ?? throw No(PlatformErrorKind.Refused, $"storage pool {request.Pool} at site {Name} has a file {name} that libvirt does not take for a volume; look at it and move it away");
                }

                using (volume)
                {
                    return Disk(session, request, volume, format) with { IsNew = true };
                }
            },
            cancellation);

    public override Task<ImmutableArray<TargetDisk>> FindStampedDisksAsync(string migrationId, CancellationToken cancellation) =>
        _connection.ReadAsync<ImmutableArray<TargetDisk>>(
            $"looking for disks of migration {migrationId}",
            session => [.. Stamped(session, name => name.BelongsTo(migrationId)).Select(found => found.Disk with { MigrationId = migrationId })],
            cancellation);

    public override async Task<Func<string, ImmutableArray<TargetDisk>>?> LookAtStampedDisksAsync(CancellationToken cancellation)
    {
        var all = await _connection.ReadAsync("looking for disks of migrations", session => Stamped(session, _ => true), cancellation).ConfigureAwait(false);
        return migrationId => [.. all.Where(found => found.Name.BelongsTo(migrationId)).Select(found => found.Disk with { MigrationId = migrationId })];
    }

    public override async Task EnsureDiskRemovedAsync(TargetDisk disk, CancellationToken cancellation)
    {
        await _connection.ChangeAsync(
            $"removing disk {disk.Location}",
            session =>
            {
                using var pool = ActivePool(session, disk.Pool);
                using var volume = session.FindVolumeByPath(disk.Location);
                if (volume is not null)
                {
                    if (VolumeName.Parse(session.Name(volume)) is not { IsDisk: true } name || !name.BelongsTo(disk.MigrationId))
                    {
                        throw No(PlatformErrorKind.Refused, $"{disk.Location} at site {Name} does not carry the stamp of migration {disk.MigrationId} in its name, so it is left alone");
                    }

                    if (UsedByOthers(session, null, [disk.Location]) is { } use)
                    {
                        throw No(PlatformErrorKind.Refused, $"{disk.Location} at site {Name} belongs to VM {use.Vm}, so it is not deleted");
                    }

                    session.Delete(volume);
                }

                DeleteLonelyFiles(session, pool, disk.MigrationId);
            },
            cancellation).ConfigureAwait(false);
        await ForgetMapsAsync([disk.Location], cancellation).ConfigureAwait(false);
    }

    public override async Task<DiskAccess> OpenVmDiskAsync(string vmId, string diskName, bool writable, CancellationToken cancellation)
    {
        _ = Exporter();
        var image = await _connection.ReadAsync(
            $"looking for disk {diskName} of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                RequireOff(session, domain, "read");
                var vm = VmFacts.Read(session, domain, "", askAgent: false);
                var disk = vm.Disks.FirstOrDefault(one => one.Name == diskName)
                    ?? throw No(PlatformErrorKind.NotFound, $"VM {vm.Name} at site {Name} has no disk {diskName}");
                if (!disk.Readable || disk.Encrypted.Or(false) || !disk.Location.StartsWith('/'))
                {
                    throw No(PlatformErrorKind.Unsupported, $"disk {diskName} of VM {vm.Name} at site {Name} ({disk.Location}) is {(disk.Encrypted.Or(false) ? "encrypted" : "no file or volume")}, so it cannot be read");
                }

                if (writable && disk.ReadOnly)
                {
                    throw No(PlatformErrorKind.Refused, $"disk {diskName} of VM {vm.Name} at site {Name} is read-only");
                }

                return new DiskImage(disk.Location, disk.Format.Value, disk.LengthBytes.TryGet(out var length) ? length : null, writable);
            },
            cancellation).ConfigureAwait(false);
        return await OpenAsync(image, cancellation).ConfigureAwait(false);
    }

    public override string? DescribeAccess(Engine.Facts.Disk? disk, string? format) =>
        DirectFiles && _exporter is LocalExporter && DirectDiskAccess.Fits(format, disk) ? DirectDiskAccess.Describe(format!)
        : _relay is { WhyNot: null } ? "relay over ssh"
        : _exporter?.Description;

    /// <summary>The way that relays and servers of disks take; a local host has none between.</summary>
    public override async Task<double?> ProbeLinkAsync(LinkDirection direction, CancellationToken cancellation) =>
        _uri.IsSsh ? await SshProbe.MeasureAsync(Name, SshAddress.Of(_uri), direction, cancellation).ConfigureAwait(false) : null;

    /// <summary>The file itself where that works, a relay where that is allowed, else a server.</summary>
    private async Task<DiskAccess> OpenAsync(DiskImage image, CancellationToken cancellation)
    {
        var exporter = Exporter();
        // A relay reads images as they are, not their snapshots.
        if (_relay is not null && image.Snapshot is null)
        {
            if (await _relay.TryOpenAsync(image, cancellation).ConfigureAwait(false) is { } far)
            {
                return far;
            }

            exporter.Note = $"no relay: {_relay.WhyNot}";
        }

        return (DirectFiles && exporter is LocalExporter ? DirectDiskAccess.TryOpen(image) : null)
            ?? await NbdDiskAccess.OpenAsync(exporter, image, Name, cancellation).ConfigureAwait(false);
    }

    public override async Task<DiskAccess> OpenDiskAsync(TargetDisk disk, CancellationToken cancellation)
    {
        if (VolumeName.Parse(Path.GetFileName(disk.Location)) is not { IsDisk: true } name || !name.BelongsTo(disk.MigrationId))
        {
            throw No(PlatformErrorKind.Refused, $"{disk.Location} at site {Name} does not carry the stamp of migration {disk.MigrationId} in its name, so it is not written to");
        }

        return await OpenAsync(new DiskImage(disk.Location, disk.Format, disk.LengthBytes, Writable: true), cancellation).ConfigureAwait(false);
    }

    private Task ForgetMapsAsync(IReadOnlyCollection<string> paths, CancellationToken cancellation) =>
        _exporter?.ForgetMapsAsync(paths, cancellation) ?? Task.CompletedTask;

    private DiskExporter Exporter() => _exporter ?? throw No(PlatformErrorKind.Unsupported, $"site {Name}: {WhyNoDisks}");

    private PoolHandle ActivePool(LibvirtSession session, string name)
    {
        var pool = session.FindPool(name) ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no storage pool named {name}");
        if (session.IsActive(pool))
        {
            return pool;
        }

        pool.Dispose();
        throw No(PlatformErrorKind.Refused, $"storage pool {name} at site {Name} is not active; start it: virsh pool-start {name}");
    }

    /// <summary>The disk of an earlier run. One of another length is no use any more and is deleted, unless a VM has it.</summary>
    private TargetDisk? FindExisting(LibvirtSession session, PoolHandle pool, string name, DiskRequest request, string format)
    {
        using var volume = session.FindVolume(pool, name);
        if (volume is null)
        {
            return null;
        }

        if (session.Info(volume) is not { } info)
        {
            // Its file was taken away behind libvirt's back.
            session.Refresh(pool);
            using var after = session.FindVolume(pool, name);
            return after is null ? null : throw No(PlatformErrorKind.Refused, $"volume {name} in storage pool {request.Pool} at site {Name} cannot be read by libvirt");
        }

        var disk = Disk(session, request, volume, format);
        if ((long)info.Capacity == request.LengthBytes)
        {
            return disk;
        }

        if (disk.Attached is not null)
        {
            throw No(PlatformErrorKind.Refused, $"volume {name} at site {Name} has {info.Capacity} bytes where {request.LengthBytes} are needed, and belongs to a VM already");
        }

        session.Delete(volume);
        return null;
    }

    private static TargetDisk Disk(LibvirtSession session, DiskRequest request, VolumeHandle volume, string format)
    {
        var path = session.Path(volume);
        return new TargetDisk(request.MigrationId, request.DiskName, request.Pool, path, request.LengthBytes, format, Owners(session).GetValueOrDefault(path));
    }

    /// <summary>From the path of each image in use to the id of a VM that uses it.</summary>
    private static Dictionary<string, string> Owners(LibvirtSession session)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var domain in session.Domains())
        {
            using (domain)
            {
                foreach (var path in DomainXml.AllPaths(FenceXml.Without(Xml.Parse(session.Xml(domain, XmlFlags.Inactive)))))
                {
                    owners.TryAdd(path, session.Uuid(domain));
                }
            }
        }

        return owners;
    }

    /// <summary>Disks that we made, in order of their paths. The names have only a part of the migration's id, so that is left open.</summary>
    private static List<(VolumeName Name, TargetDisk Disk)> Stamped(LibvirtSession session, Func<VolumeName, bool> which)
    {
        var found = new List<(VolumeName Name, TargetDisk Disk)>();
        foreach (var pool in session.Pools())
        {
            using (pool)
            {
                if (session.IsActive(pool))
                {
                    found.AddRange(StampedIn(session, pool, which));
                }
            }
        }

        var owners = found.Count == 0 ? [] : Owners(session);
        return [.. found.Select(one => (one.Name, one.Disk with { Attached = owners.GetValueOrDefault(one.Disk.Location) })).OrderBy(one => one.Item2.Location, StringComparer.Ordinal)];
    }

    private static IEnumerable<(VolumeName Name, TargetDisk Disk)> StampedIn(LibvirtSession session, PoolHandle pool, Func<VolumeName, bool> which)
    {
        foreach (var volume in session.Volumes(pool))
        {
            using (volume)
            {
                if (VolumeName.Parse(session.Name(volume)) is { IsDisk: true } name && which(name) && session.Info(volume) is { } info)
                {
                    yield return (name, new TargetDisk("", name.Disk, session.Name(pool), session.Path(volume), (long)info.Capacity, name.Extension, null));
                }
            }
        }
    }

    /// <summary>Files for a console or for UEFI variables whose VM was never defined, because a run was killed in between.</summary>
    private static void DeleteLonelyFiles(LibvirtSession session, PoolHandle pool, string migrationId)
    {
        foreach (var volume in session.Volumes(pool))
        {
            using (volume)
            {
                if (VolumeName.Parse(session.Name(volume)) is not { IsDisk: false } name || !name.BelongsTo(migrationId))
                {
                    continue;
                }

                var path = session.Path(volume);
                var used = false;
                foreach (var domain in session.Domains())
                {
                    using (domain)
                    {
                        used |= PathsBeside(Xml.Parse(session.Xml(domain, XmlFlags.Inactive))).Contains(path);
                    }
                }

                if (!used)
                {
                    session.Delete(volume);
                }
            }
        }
    }

    private static bool IsBlockDevice(LibvirtSession session, TargetDisk disk)
    {
        using var volume = session.FindVolumeByPath(disk.Location);
        return volume is not null && session.Info(volume)?.Type == BlockDeviceVolume;
    }

    private static string UsualFormat(XElement pool, long lengthBytes) => IsFolder(pool) && lengthBytes % Qcow2Unit == 0 ? "qcow2" : "raw";

    /// <summary>Thin: nothing is allocated before it is written.</summary>
    private static XElement NewVolume(string name, long lengthBytes, string format) => new(
        "volume",
        new XElement("name", name),
        new XElement("capacity", new XAttribute("unit", "bytes"), lengthBytes.ToString(CultureInfo.InvariantCulture)),
        new XElement("allocation", "0"),
        // libvirt's own default for qcow2 is version 2, which keeps no dirty bitmaps.
        new XElement("target", new XElement("format", new XAttribute("type", format)), format == "qcow2" ? new XElement("compat", "1.1") : null));
}
