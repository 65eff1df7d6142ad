using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt.Disks;
using VmMigrate.Platforms.Libvirt.Relay;

namespace VmMigrate.Platforms.Libvirt;

// Rounds of a running VM: libvirt's checkpoints and pull backups. docs/design/warm-and-live.md has the picture.
internal sealed partial class LibvirtSite
{
    private static readonly TimeSpan JobEndLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan JobPoll = TimeSpan.FromMilliseconds(20);

    public override async Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation)
    {
        var exporter = Exporter();
        var subject = await _connection.ChangeAsync($"preparing a round of VM {request.VmId}", session => Prepare(session, request), cancellation).ConfigureAwait(false);
        if (subject.Off)
        {
            return await OpenOffRoundAsync(request, subject, exporter, cancellation).ConfigureAwait(false);
        }

        var socket = await exporter.ShareSocketAsync(subject.Images.Values.First().Path, cancellation).ConfigureAwait(false);
        try
        {
            var begun = await _connection.ChangeAsync($"opening a round of VM {request.VmId}", session => Begin(session, request, subject, socket), cancellation).ConfigureAwait(false);
            return new RunningRound(this, request, subject, socket, begun);
        }
        catch
        {
            await socket.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The VM's disks as a round sees them.</summary>
    private RoundSubject Subject(LibvirtSession session, DomainHandle domain, string migrationId)
    {
        var vm = VmFacts.Read(session, domain, "", askAgent: false);
        var images = vm.Disks.Where(disk => disk is { Device: "disk", ReadOnly: false }).ToImmutableArray();
        foreach (var disk in images)
        {
            if (!disk.Readable || disk.Encrypted.Or(false) || !disk.Location.StartsWith('/'))
            {
                throw No(PlatformErrorKind.Unsupported, $"disk {disk.Name} of VM {vm.Name} at site {Name} ({disk.Location}) is {(disk.Encrypted.Or(false) ? "encrypted" : "no file or volume")}, so its changes cannot be read");
            }
        }

        if (images.IsEmpty)
        {
            throw No(PlatformErrorKind.Unsupported, $"VM {vm.Name} at site {Name} has no disk to read");
        }

        var definition = FenceXml.Without(Definition(session, domain));
        var all = definition.Devices("disk").Select(DomainXml.DiskName);
        return new RoundSubject(
            vm.Name,
            session.State(domain).State == VirDomainState.ShutOff,
            [.. images.Select(disk => new RoundDisk(disk.Name, KeepsBitmaps(session, disk), RoundXml.ScratchOf(ScratchFolder(session, disk), migrationId, disk.Name)))],
            [.. all.Where(name => images.All(disk => disk.Name != name))],
            images.ToImmutableDictionary(disk => disk.Name, disk => new DiskImage(disk.Location, disk.Format.Value, disk.LengthBytes.TryGet(out var length) ? length : null, Writable: false)));
    }

    /// <summary>qcow2 of version 3 keeps bitmaps; version 2 and raw do not.</summary>
    private static bool KeepsBitmaps(LibvirtSession session, Disk disk)
    {
        if (disk.Format.Or("") != "qcow2")
        {
            return false;
        }

        using var volume = session.FindVolumeByPath(disk.Location);
        return volume is null || session.Xml(volume) is not { } text || Xml.Parse(text).Text("target/compat") == "1.1";
    }

    /// <summary>Beside the image; for a block device, in the first pool that is a folder.</summary>
    private string ScratchFolder(LibvirtSession session, Disk disk)
    {
        if (!disk.Location.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return Path.GetDirectoryName(disk.Location)!;
        }

        foreach (var pool in session.Pools())
        {
            using (pool)
            {
                if (session.IsActive(pool) && Xml.Parse(session.Xml(pool)) is var definition && IsFolder(definition) && definition.Text("target/path") is { } folder)
                {
                    return folder;
                }
            }
        }

        throw No(PlatformErrorKind.Unsupported, $"disk {disk.Name} at site {Name} is a block device, and no active storage pool is a folder: a round needs one for what the guest overwrites meanwhile");
    }

    /// <summary>Closes what an earlier run left, and looks at the VM.</summary>
    private RoundSubject Prepare(LibvirtSession session, RoundRequest request)
    {
        using var domain = session.Domain(request.VmId);
        var subject = Subject(session, domain, request.MigrationId);
        if (subject.Off)
        {
            RequireOff(session, domain, "read");
            return subject;
        }

        if (session.State(domain).State is not (VirDomainState.Running or VirDomainState.Blocked or VirDomainState.Paused))
        {
            throw No(PlatformErrorKind.Busy, $"VM {subject.Vm} at site {Name} is {VmFacts.Word(session.State(domain).State)}, so no round can be opened now");
        }

        EndOurBackup(session, domain, request.MigrationId, _ => true);
        if (session.Job(domain) is not null)
        {
            throw No(PlatformErrorKind.Busy, $"VM {subject.Vm} at site {Name} is held by another job (a backup, a migration or a dump); wait for its end, or end it: virsh domjobabort {subject.Vm}");
        }

        ThawOurs(session, domain);
        DropCheckpoint(session, domain, RoundXml.NameOf(request.MigrationId, request.Checkpoint));
        DropScratch(session, subject);
        return subject;
    }

    private Begun Begin(LibvirtSession session, RoundRequest request, RoundSubject subject, SharedSocket socket)
    {
        using var domain = session.Domain(request.VmId);
        var since = request.Since is { } earlier ? RoundXml.NameOf(request.MigrationId, earlier) : null;
        if (since is not null)
        {
            using var there = session.FindCheckpoint(domain, since);
            since = there is not null && IsWhole(session, there) ? since : null;
        }

        var checkpoint = RoundXml.Checkpoint(RoundXml.NameOf(request.MigrationId, request.Checkpoint), subject.Disks, subject.Others);
        var (quiesced, why) = request.Quiesce ? Freeze(session, domain, request.MigrationId) : (false, null);
        var frozen = _time.GetTimestamp();
        using var guard = quiesced ? _time.CreateTimer(_ => _ = ThawInTimeAsync(request.VmId), null, MostFrozen, Timeout.InfiniteTimeSpan) : null;
        try
        {
            try
            {
                session.BeginBackup(domain, RoundXml.Backup(subject.Disks, subject.Others, socket.HostPath, since), checkpoint);
            }
            catch (PlatformException e) when (since is not null && e.Kind is not (PlatformErrorKind.Busy or PlatformErrorKind.Lost))
            {
                // A bitmap that libvirt believed in is not there or not in order: everything may have changed.
                since = null;
                DropScratch(session, subject);
                session.BeginBackup(domain, RoundXml.Backup(subject.Disks, subject.Others, socket.HostPath, null), checkpoint);
            }
        }
        finally
        {
            if (quiesced)
            {
                ThawOurs(session, domain);
            }
        }

        if (quiesced && _time.GetElapsedTime(frozen) >= MostFrozen)
        {
            (quiesced, why) = (false, $"the checkpoint took longer than {MostFrozen.TotalSeconds:0} s, so the guest was let go before");
        }

        return new Begun(since is null ? null : request.Since, quiesced, why);
    }

    // --- Leftovers ---

    /// <summary>Ends a backup of this migration, and waits until it has ended.</summary>
    /// <exception cref="PlatformException">Another's backup runs: Busy.</exception>
    private void EndOurBackup(LibvirtSession session, DomainHandle domain, string migrationId, Func<string, bool> which)
    {
        if (session.Backup(domain) is not { } backup || !which(backup))
        {
            return;
        }

        if (!RoundXml.IsOurs(backup, migrationId))
        {
            throw No(PlatformErrorKind.Busy, $"another backup of VM {session.Name(domain)} at site {Name} is under way; wait for its end, or end it: virsh domjobabort {session.Name(domain)}");
        }

        session.AbortJob(domain);
        for (var since = _time.GetTimestamp(); session.Backup(domain) is { } still && which(still);)
        {
            if (_time.GetElapsedTime(since) > JobEndLimit)
            {
                throw No(PlatformErrorKind.TimedOut, $"the backup of VM {session.Name(domain)} at site {Name} did not end within {JobEndLimit.TotalSeconds:0} s");
            }

            Thread.Sleep(JobPoll);
        }
    }

    /// <summary>libvirt refuses a scratch file that is there already; a host that went down leaves one.</summary>
    private void DropScratch(LibvirtSession session, RoundSubject subject)
    {
        foreach (var disk in subject.Disks)
        {
            using var volume = session.FindVolumeByPath(disk.Scratch);
            if (volume is not null)
            {
                session.Delete(volume);
            }
            else if (_uri.IsLocal && File.Exists(disk.Scratch))
            {
                try
                {
                    File.Delete(disk.Scratch);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new PlatformException(PlatformErrorKind.Denied, Name, $"{disk.Scratch} at site {Name}, left by an earlier round, cannot be deleted: {e.Message}", e);
                }
            }
        }
    }

    private sealed record RoundSubject(string Vm, bool Off, ImmutableArray<RoundDisk> Disks, ImmutableArray<string> Others, ImmutableDictionary<string, DiskImage> Images);

    private sealed record Begun(string? Since, bool Quiesced, string? Why);

    private sealed class RunningRound(LibvirtSite site, RoundRequest request, RoundSubject subject, SharedSocket socket, Begun begun) : DiskRound
    {
        private int _closed;

        public override string Checkpoint => request.Checkpoint;

        public override string? Since => begun.Since;

        public override bool Quiesced => begun.Quiesced;

        public override string? WhyNotQuiesced => begun.Why;

        public override async Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation)
        {
            var disk = Find(diskName);
            if (begun.Since is null || !disk.Tracked)
            {
                return null;
            }

            try
            {
                await using var reader = await NbdReader.ConnectAsync(NbdEndpoint.Unix(socket.OurPath, diskName), new NbdOptions { DirtyBitmap = RoundXml.Bitmap }, cancellation).ConfigureAwait(false);
                return await reader.ChangedExtentsAsync(cancellation).ConfigureAwait(false);
            }
            catch (BlockException e)
            {
                throw Unreachable(diskName, e);
            }
        }

        public override async Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation)
        {
            Find(diskName);
            try
            {
                return await ByRelayAsync(diskName, cancellation).ConfigureAwait(false) ?? await BackupDiskAccess.OpenAsync(NbdEndpoint.Unix(socket.OurPath, diskName), $"{site.Exporter().Description}, from the running QEMU", cancellation).ConfigureAwait(false);
            }
            catch (BlockException e)
            {
                throw Unreachable(diskName, e);
            }
        }

        /// <summary>A relay packs what crosses, and digests what is only to be compared where it is. Null where there is none, or QEMU's socket is not for its account.</summary>
        private async Task<DiskAccess?> ByRelayAsync(string diskName, CancellationToken cancellation)
        {
            try
            {
                return site._relay is { } relay
                    ? await relay.TryOpenAsync(new DiskImage(NbdEndpoint.Unix(socket.HostPath, diskName).ToString(), SshRelay.ServedByQemu, null, Writable: false), cancellation).ConfigureAwait(false)
                    : null;
            }
            catch (PlatformException e) when (e.Kind is PlatformErrorKind.Denied or PlatformErrorKind.Unsupported)
            {
                return null;
            }
        }

        public override async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _closed, 1) != 0)
            {
                return;
            }

            try
            {
                await site._connection.ChangeAsync(
                    $"closing a round of VM {request.VmId}",
                    session =>
                    {
                        using var domain = session.FindDomain(request.VmId);
                        if (domain is not null)
                        {
                            // Only this very round: another may have been opened since.
                            site.EndOurBackup(session, domain, request.MigrationId, backup => backup.Contains(socket.HostPath, StringComparison.Ordinal));
                        }
                    },
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (PlatformException)
            {
                // Whoever opens the next round, or ends the migration, closes this one.
            }
            finally
            {
                await socket.DisposeAsync().ConfigureAwait(false);
            }
        }

        private RoundDisk Find(string diskName) => subject.Disks.FirstOrDefault(disk => disk.Name == diskName)
            ?? throw site.No(PlatformErrorKind.NotFound, $"VM {subject.Vm} at site {site.Name} has no disk {diskName}");

        private PlatformException Unreachable(string diskName, BlockException e) => new(
            PlatformErrorKind.Unreachable, site.Name,
            string.Create(CultureInfo.InvariantCulture, $"disk {diskName} of VM {subject.Vm} at site {site.Name} cannot be read from its QEMU: {e.Message}"), e);
    }
}
