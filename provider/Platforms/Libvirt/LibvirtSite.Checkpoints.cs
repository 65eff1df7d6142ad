using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// Checkpoints: persistent dirty bitmaps in qcow2, and what libvirt knows of them.
internal sealed partial class LibvirtSite
{
    public override Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ReadAsync<ImmutableArray<string>>(
            $"looking for checkpoints of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var on = session.State(domain).State != VirDomainState.ShutOff;
                return [.. OurCheckpoints(session, domain, migrationId, checkpoint => !on || IsWhole(session, checkpoint))];
            },
            cancellation);

    public override async Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        await RemoveCheckpointsAsync(vmId, migrationId, checkpoint, cancellation).ConfigureAwait(false);

    public override async Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        await _connection.ChangeAsync(
            $"ending what rounds of VM {vmId} have left",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                if (domain is not null && session.State(domain).State != VirDomainState.ShutOff)
                {
                    EndOurBackup(session, domain, migrationId, _ => true);
                    ThawOurs(session, domain);
                    LetGo(session, domain);
                    Disarm(session, domain, migrationId);
                }
            },
            cancellation).ConfigureAwait(false);
        await RemoveCheckpointsAsync(vmId, migrationId, null, cancellation).ConfigureAwait(false);
    }

    /// <remarks>Started without letting it run, so that not one write comes before the bitmap.</remarks>
    public override Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"starting VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var name = RoundXml.NameOf(migrationId, checkpoint);
                if (session.State(domain).State is VirDomainState.Running or VirDomainState.Blocked)
                {
                    using var there = session.FindCheckpoint(domain, name);
                    return there is not null && IsWhole(session, there);
                }

                StartNow(session, domain, vmId, paused: true);
                if (session.State(domain).State != VirDomainState.Paused)
                {
                    return false;
                }

                var tracked = false;
                try
                {
                    using var there = session.FindCheckpoint(domain, name);
                    tracked = there is not null && IsWhole(session, there);
                    if (!tracked)
                    {
                        DropCheckpoint(session, domain, name);
                        var subject = Subject(session, domain, migrationId);
                        if (RoundXml.Checkpoint(name, subject.Disks, subject.Others) is { } xml && subject.Disks.All(disk => disk.Tracked))
                        {
                            session.CreateCheckpoint(domain, xml);
                            tracked = true;
                        }
                    }
                }
                catch (PlatformException)
                {
                    // Without a checkpoint it still has to run: the caller is told that its writes are not tracked.
                }
                finally
                {
                    session.Resume(domain);
                }

                return tracked;
            },
            cancellation);

    private static bool IsWhole(LibvirtSession session, CheckpointHandle checkpoint) =>
        session.Xml(checkpoint, measure: true) is { } text && RoundXml.IsWhole(text);

    private static List<string> OurCheckpoints(LibvirtSession session, DomainHandle domain, string migrationId, Func<CheckpointHandle, bool> which)
    {
        var found = new List<string>();
        foreach (var checkpoint in session.Checkpoints(domain))
        {
            using (checkpoint)
            {
                if (RoundXml.Parse(migrationId, session.Name(checkpoint)) is { } name && which(checkpoint))
                {
                    found.Add(name);
                }
            }
        }

        return found;
    }

    private void DropCheckpoint(LibvirtSession session, DomainHandle domain, string name)
    {
        using var checkpoint = session.FindCheckpoint(domain, name);
        if (checkpoint is not null && session.Delete(checkpoint, metadataOnly: false) is { } words && session.Delete(checkpoint, metadataOnly: true) is not null)
        {
            throw No(PlatformErrorKind.Refused, $"checkpoint {name} of VM {session.Name(domain)} at site {Name} cannot be deleted: {words}");
        }
    }

    /// <param name="only">Our name of one; null: all.</param>
    private async Task RemoveCheckpointsAsync(string vmId, string migrationId, string? only, CancellationToken cancellation)
    {
        var left = await _connection.ChangeAsync(
            $"removing checkpoints of VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                if (domain is null)
                {
                    return null;
                }

                var names = OurCheckpoints(session, domain, migrationId, _ => true).Where(name => only is null || name == only).ToList();
                if (names.Count == 0)
                {
                    return null;
                }

                if (session.State(domain).State == VirDomainState.ShutOff)
                {
                    return new Stale(names, [.. Subject(session, domain, migrationId).Images.Values.Where(image => image.Format == "qcow2").Select(image => image.Path)]);
                }

                names.ForEach(name => DropCheckpoint(session, domain, RoundXml.NameOf(migrationId, name)));
                return null;
            },
            cancellation).ConfigureAwait(false);
        if (left is null)
        {
            return;
        }

        // libvirt touches no image of a VM that is off: the bitmaps are taken out first, then what libvirt knows of them.
        foreach (var path in left.Images)
        {
            foreach (var name in left.Names)
            {
                var words = await Exporter().RunQemuImgAsync(path, ["bitmap", "--remove", "-f", "qcow2", path, RoundXml.NameOf(migrationId, name)], cancellation).ConfigureAwait(false);
                if (words is not null && !words.Contains("not found", StringComparison.Ordinal) && !words.Contains("No such file", StringComparison.Ordinal))
                {
                    throw No(PlatformErrorKind.Refused, $"the bitmap of checkpoint {name} cannot be taken out of {path} at site {Name}: {words}");
                }
            }
        }

        await _connection.ChangeAsync(
            $"removing checkpoints of VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                foreach (var name in domain is null ? [] : left.Names)
                {
                    using var checkpoint = session.FindCheckpoint(domain!, RoundXml.NameOf(migrationId, name));
                    if (checkpoint is not null && session.Delete(checkpoint, metadataOnly: true) is { } words)
                    {
                        throw No(PlatformErrorKind.Refused, $"checkpoint {name} of VM {session.Name(domain!)} at site {Name} cannot be deleted: {words}");
                    }
                }
            },
            cancellation).ConfigureAwait(false);
    }

    private sealed record Stale(List<string> Names, ImmutableArray<string> Images);
}
