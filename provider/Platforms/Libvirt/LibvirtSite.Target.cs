using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// Defining, watching and removing.
internal sealed partial class LibvirtSite
{
    /// <summary>What a probe needs to see of a console: its newest part.</summary>
    private const int MostConsoleBytes = 4 << 20;

    /// <summary>An agent answers within a tenth of a second, an emulated one within half.</summary>
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(2);

    public override Task<string> EnsureDefinedAsync(VmRequest request, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"defining VM {request.Name}",
            session =>
            {
                var migration = request.Stamp.MigrationId;
                var uuid = request.Source.Uuid.Or(request.Source.Id);
                var host = HostFor(session, request);
                var wanted = TargetDefinition.Translate(Name, request, host);
                using var existing = session.FindDomain(uuid);
                if (existing is not null)
                {
                    var definition = Definition(session, existing);
                    if (StampXml.Read(definition)?.MigrationId != migration)
                    {
                        throw No(PlatformErrorKind.Refused, $"site {Name} already has a VM with the UUID {uuid} (\"{session.Name(existing)}\") that is not of migration {migration}; it is left alone");
                    }

                    if (TargetDefinition.MarkOf(definition) == TargetDefinition.MarkOf(wanted))
                    {
                        return uuid;
                    }

                    RequireOff(session, existing, "defined anew");
                    // What was noted on it since stays.
                    StampXml.Put(wanted, StampXml.Read(definition));
                }

                using (var sameName = session.FindDomainByName(request.Name))
                {
                    if (sameName is not null && session.Uuid(sameName) != uuid)
                    {
                        throw No(PlatformErrorKind.Refused, $"site {Name} already has another VM named \"{request.Name}\"; choose another name for the copy, or rename that VM");
                    }
                }

                if (host.ConsolePath is not null)
                {
                    EnsureConsoleVolume(session, request.Disks[0].Pool, request.Name, migration);
                }

                using var defined = session.Define(Xml.Print(wanted), $"libvirt could not define VM {request.Name}");
                return session.Uuid(defined);
            },
            cancellation);

    private TargetHost HostFor(LibvirtSession session, VmRequest request)
    {
        var capabilities = Xml.Parse(session.Capabilities());
        var arch = capabilities.Text("host/cpu/arch") ?? "";
        var folder = request.Disks is [var first, ..] ? FolderOf(session, first.Pool) : null;
        return new TargetHost(arch, HostFacts.Accelerations(session, capabilities, arch), HostFacts.Machines(capabilities, arch), LibvirtNetworks.List(session, _uri.IsLocal))
        {
            BlockDevices = [.. request.Disks.Where(disk => IsBlockDevice(session, disk)).Select(disk => disk.Location)],
            ConsolePath = folder is null ? null : $"{folder}/{VolumeName.OfConsole(request.Name, request.Stamp.MigrationId)}",
            Firmwares = request.Source.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi ? HostFacts.Firmwares(session, arch) : [],
            FirmwarePath = folder is null ? null : $"{folder}/{VolumeName.OfFirmware(request.Name, request.Stamp.MigrationId)}",
        };
    }

    public override Task EnsureUndefinedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"removing the definition of VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                if (domain is not null)
                {
                    var definition = RequireOurs(session, domain, migrationId);
                    DeleteBeside(session, definition, migrationId);
                    session.Undefine(domain);
                }
            },
            cancellation);

    public override async Task EnsureRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var removed = new List<string>();
        await _connection.ChangeAsync(
            $"removing VM {vmId}",
            session =>
            {
                removed.Clear();
                using var domain = session.FindDomain(vmId);
                if (domain is null)
                {
                    return;
                }

                var name = session.Name(domain);
                var definition = RequireOurs(session, domain, migrationId);
                var open = FenceXml.Without(definition);
                var doomed = new List<string>();
                foreach (var disk in open.Devices("disk").Where(disk => (disk.Attr("device") ?? "disk") == "disk"))
                {
                    // A disk that is read-only or shared may serve other VMs; so may the images that a disk rests on.
                    if (disk.Element("readonly") is null && disk.Element("shareable") is null && disk.Element("source") is not null)
                    {
                        doomed.Add(PathOf(session, disk) ?? throw No(PlatformErrorKind.Unsupported, $"disk {DomainXml.DiskName(disk)} of VM {name} is no file or volume, so it cannot be removed from site {Name}"));
                    }
                }

                if (UsedByOthers(session, session.Uuid(domain), doomed) is { } use)
                {
                    throw No(PlatformErrorKind.Refused, $"{use.Path} belongs to VM {name} and is used by VM {use.Vm} too, so it is not deleted; nothing was removed");
                }

                if (RestingOn(session, doomed) is { } resting)
                {
                    throw No(PlatformErrorKind.Refused, $"{resting.Path} belongs to VM {name}, and image {resting.Image} rests on it, so it is not deleted; nothing was removed");
                }

                // The disks first: as long as the VM is defined, a run that was killed half-way finds what is left.
                foreach (var path in doomed)
                {
                    DeleteDisk(session, name, path);
                }

                DeleteBeside(session, definition, migrationId);
                session.Undefine(domain);
                removed.AddRange(doomed.Where(path => VolumeName.Parse(System.IO.Path.GetFileName(path)) is { IsDisk: true } name && name.BelongsTo(migrationId)));
            },
            cancellation).ConfigureAwait(false);
        if (removed.Count > 0)
        {
            await ForgetMapsAsync(removed, cancellation).ConfigureAwait(false);
        }
    }

    public override Task EnsureArchivedAsync(string vmId, string migrationId, string name, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"archiving VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                if (domain is null || ArchiveXml.IsArchived(Definition(session, domain), migrationId))
                {
                    return;
                }

                RequireOurs(session, domain, migrationId);
                if (session.Autostart(domain) != false)
                {
                    session.SetAutostart(domain, false);
                }

                // The name first: while the stamp is there, a run that was killed here finds it.
                if (session.Name(domain) != name)
                {
                    session.Rename(domain, name);
                }

                var definition = Definition(session, domain);
                StampXml.Put(definition, null);
                ArchiveXml.Put(definition, migrationId, _time.GetUtcNow());
                session.Define(Xml.Print(definition), $"libvirt could not archive VM {name}").Dispose();
            },
            cancellation);

    public override async Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(PingLimit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await _connection.ReadAsync(
                $"asking the agent of VM {vmId}",
                session =>
                {
                    using var domain = session.Domain(vmId);
                    return session.State(domain).State is VirDomainState.Running or VirDomainState.Blocked
                        && DomainXml.AgentConnected(Xml.Parse(session.Xml(domain, 0))) == true
                        && session.AgentAnswers(domain);
                },
                both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // A guest that has the channel open and says nothing: libvirt itself would wait 5 s for it.
            return false;
        }
    }

    public override async Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation)
    {
        var console = await _connection.ReadAsync(
            $"reading the console of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                if (session.State(domain).State == VirDomainState.ShutOff
                    || ConsoleXml.Find(Xml.Parse(session.Xml(domain, 0))) is not { } found)
                {
                    return default;
                }

                // A file in a pool of the host reads through libvirt, wherever the host is.
                using var volume = _uri.IsLocal && CanRead(found.Path) ? null : session.FindVolumeByPath(found.Path);
                return (File: found, Content: volume is null ? null : session.Download(volume, MostConsoleBytes));
            },
            cancellation).ConfigureAwait(false);
        if (console.File is null)
        {
            return null;
        }

        // Where earlier starts left their output too, only a start of ours tells where the present one begins.
        var start = 0L;
        if (console.File.Append && !_consoleStarts.TryGetValue(vmId, out start))
        {
            return null;
        }

        if (console.Content is { } content)
        {
            return console.File.Append ? null : Encoding.UTF8.GetString(content);
        }

        return _uri.IsLocal && CanRead(console.File.Path) ? await ReadTailAsync(console.File.Path, start, cancellation).ConfigureAwait(false) : null;
    }

    private static bool CanRead(string path)
    {
        if (!PosixFile.IsRegular(path))
        {
            return false;
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<string?> ReadTailAsync(string path, long start, CancellationToken cancellation)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using (file.ConfigureAwait(false))
            {
                file.Position = Math.Max(Math.Min(start, file.Length), file.Length - MostConsoleBytes);
                using var reader = new StreamReader(file, Encoding.UTF8);
                return await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>The definition, fence included.</returns>
    private XElement RequireOurs(LibvirtSession session, DomainHandle domain, string migrationId)
    {
        var definition = Definition(session, domain);
        if (StampXml.Read(definition)?.MigrationId != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"VM {session.Name(domain)} at site {Name} does not carry the stamp of migration {migrationId}, so it is left alone");
        }

        RequireOff(session, domain, "removed");
        return definition;
    }

    /// <summary>The path of a disk's own image; null where it has none.</summary>
    private static string? PathOf(LibvirtSession session, XElement disk)
    {
        if (disk.Attr("type") != "volume")
        {
            return DomainXml.DiskLocation(disk) is { } path && path.StartsWith('/') ? path : null;
        }

        using var pool = session.FindPool(disk.Element("source").Attr("pool") ?? "");
        using var volume = pool is null ? null : session.FindVolume(pool, disk.Element("source").Attr("volume") ?? "");
        return volume is null ? null : session.Path(volume);
    }

    /// <summary>The first other VM that names one of these paths, also as an image that its disks rest on.</summary>
    private static (string Path, string Vm)? UsedByOthers(LibvirtSession session, string? except, IReadOnlyCollection<string> paths)
    {
        foreach (var domain in session.Domains())
        {
            using (domain)
            {
                if (session.Uuid(domain) == except)
                {
                    continue;
                }

                var definition = FenceXml.Without(Xml.Parse(session.Xml(domain, XmlFlags.Inactive)));
                var used = DomainXml.AllPaths(definition).Concat(definition.Devices("disk").Select(disk => PathOf(session, disk)).OfType<string>());
                if (session.State(domain).State != VirDomainState.ShutOff)
                {
                    used = used.Concat(DomainXml.AllPaths(Xml.Parse(session.Xml(domain, 0))));
                }

                if (used.FirstOrDefault(paths.Contains) is { } path)
                {
                    return (path, session.Name(domain));
                }
            }
        }

        return null;
    }

    /// <summary>The first image in an active pool that rests on one of these: VMs that are off do not tell what their disks rest on, the images do.</summary>
    private static (string Path, string Image)? RestingOn(LibvirtSession session, List<string> paths)
    {
        foreach (var pool in session.Pools())
        {
            using (pool)
            {
                if (!session.IsActive(pool))
                {
                    continue;
                }

                // An image made since the pool was last looked through is none of its volumes yet.
                session.Refresh(pool);
                foreach (var volume in session.Volumes(pool))
                {
                    using (volume)
                    {
                        if (session.Xml(volume) is { } text && Xml.Parse(text).Text("backingStore/path") is { } below && paths.Contains(below)
                            && session.Path(volume) is var image && !paths.Contains(image))
                        {
                            return (below, image);
                        }
                    }
                }
            }
        }

        return null;
    }

    private void DeleteDisk(LibvirtSession session, string vm, string path, bool mayBeGone = false)
    {
        using var volume = session.FindVolumeByPath(path);
        if (volume is not null)
        {
            session.Delete(volume);
        }
        else if (_uri.IsLocal && File.Exists(path))
        {
            if (path.StartsWith("/dev/", StringComparison.Ordinal))
            {
                throw No(PlatformErrorKind.Unsupported, $"disk {path} of VM {vm} is a device outside libvirt's storage pools, so it cannot be removed from site {Name}");
            }

            try
            {
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new PlatformException(PlatformErrorKind.Denied, Name, $"disk {path} of VM {vm} at site {Name} cannot be deleted: {exception.Message}", exception);
            }
        }
        else if (!_uri.IsLocal && !mayBeGone)
        {
            throw No(PlatformErrorKind.Refused, $"disk {path} of VM {vm} at site {Name} is in no active storage pool, so it cannot be deleted from here; activate its pool");
        }
    }

    // --- The console's file ---

    /// <summary>The folder that a pool is; null where it is none.</summary>
    private static string? FolderOf(LibvirtSession session, string poolName)
    {
        using var pool = session.FindPool(poolName);
        if (pool is null || !session.IsActive(pool))
        {
            return null;
        }

        var definition = Xml.Parse(session.Xml(pool));
        return IsFolder(definition) ? definition.Text("target/path") : null;
    }

    /// <summary>Made as a volume, so that libvirt can delete and read it on any host.</summary>
    private static void EnsureConsoleVolume(LibvirtSession session, string poolName, string vm, string migrationId)
    {
        using var pool = session.FindPool(poolName)!;
        var name = VolumeName.OfConsole(vm, migrationId).ToString();
        using var there = session.FindVolume(pool, name);
        if (there is null)
        {
            session.CreateVolume(pool, Xml.Print(NewVolume(name, 0, "raw")), name)?.Dispose();
        }
    }

    /// <summary>What we made for a VM beside its disks: the files for its console and its UEFI variables.</summary>
    private static void DeleteBeside(LibvirtSession session, XElement definition, string migrationId)
    {
        foreach (var path in PathsBeside(definition))
        {
            if (VolumeName.Parse(Path.GetFileName(path)) is { IsDisk: false } name && name.BelongsTo(migrationId))
            {
                using var volume = session.FindVolumeByPath(path);
                if (volume is not null)
                {
                    session.Delete(volume);
                }
            }
        }
    }

    private static IEnumerable<string> PathsBeside(XElement definition) =>
        new[] { ConsoleXml.Find(definition)?.Path, FirmwareXml.PathOf(definition) }.OfType<string>();

    private static bool IsFolder(XElement pool) => pool.Attr("type") is "dir" or "fs" or "netfs" or "gluster" or "vstorage";
}
