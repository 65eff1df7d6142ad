using System.Xml.Linq;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <content>Test boots: a domain on qcow2 overlays over the copied disks, which stay as they are.</content>
internal sealed partial class LibvirtSite
{
    /// <summary>Behind the name of the disk below. No disk of ours has such a name, so an overlay is never taken for one.</summary>
    private const string OverlayMark = ".test";

    public override async Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation)
    {
        var migration = request.Stamp.MigrationId;
        await EnsureTestClonesRemovedAsync(migration, cancellation).ConfigureAwait(false);
        return await _connection.ChangeAsync(
            $"defining test clone {request.Name}",
            session =>
            {
                using (var sameName = session.FindDomainByName(request.Name))
                {
                    if (sameName is not null)
                    {
                        throw No(PlatformErrorKind.Refused, $"site {Name} already has another VM named \"{request.Name}\"; rename that VM");
                    }
                }

                foreach (var disk in request.Disks)
                {
                    using var pool = ActivePool(session, disk.Pool);
                    if (!IsFolder(Xml.Parse(session.Xml(pool))))
                    {
                        throw No(PlatformErrorKind.Unsupported, $"disk {disk.DiskName} lies in storage pool {disk.Pool} at site {Name}, which is no folder: a test needs room for an overlay beside it");
                    }
                }

                var host = HostFor(session, request);
                var clones = request with { Disks = [.. request.Disks.Select(disk => disk with { Location = disk.Location + OverlayMark, Format = "qcow2" })] };
                var wanted = TargetDefinition.Translate(Name, clones, host);
                TestDefinition.Isolate(wanted);
                if (host.ConsolePath is not null)
                {
                    EnsureConsoleVolume(session, request.Disks[0].Pool, request.Name, migration);
                }

                using var defined = session.Define(Xml.Print(wanted), $"libvirt could not define the test clone {request.Name}");
                foreach (var disk in request.Disks)
                {
                    using var pool = ActivePool(session, disk.Pool);
                    var name = Path.GetFileName(disk.Location) + OverlayMark;
                    var overlay = NewVolume(name, disk.LengthBytes, "qcow2");
                    overlay.Add(new XElement("backingStore", new XElement("path", disk.Location), new XElement("format", new XAttribute("type", disk.Format))));
                    using var made = session.CreateVolume(pool, Xml.Print(overlay), name)
                        ?? throw No(PlatformErrorKind.Refused, $"storage pool {disk.Pool} at site {Name} has a file {name} already; look at it and move it away");
                }

                return session.Uuid(defined);
            },
            cancellation).ConfigureAwait(false);
    }

    public override async Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation)
    {
        foreach (var clone in await FindStampedAsync(migrationId, cancellation).ConfigureAwait(false))
        {
            if (clone.Stamp is not { Role: StampRole.Test })
            {
                continue;
            }

            await EnsureOffAsync(clone.Id, TimeSpan.Zero, force: true, cancellation).ConfigureAwait(false);
            await _connection.ChangeAsync(
                $"removing test clone {clone.Name}",
                session =>
                {
                    using var domain = session.FindDomain(clone.Id);
                    if (domain is null)
                    {
                        return;
                    }

                    var definition = RequireOurs(session, domain, migrationId);
                    foreach (var path in definition.Devices("disk").Select(DomainXml.DiskLocation).OfType<string>().Where(path => path.EndsWith(OverlayMark, StringComparison.Ordinal)))
                    {
                        DeleteDisk(session, clone.Name, path, mayBeGone: true);
                    }

                    DeleteBeside(session, definition, migrationId);
                    session.Undefine(domain);
                },
                cancellation).ConfigureAwait(false);
        }
    }
}
