using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// Changed-block tracking: libvirt's checkpoints (persistent dirty bitmaps in qcow2) and pull backups. docs/design/warm-and-live.md has the picture.
internal sealed partial class LibvirtSite
{
    /// <summary>Guests stand still for this long at most, whatever the platform does meanwhile: databases and clusters take more for a failure.</summary>
    private static readonly TimeSpan MostFrozen = TimeSpan.FromSeconds(10);

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
        var (quiesced, why) = request.Quiesce ? Freeze(session, domain, request) : (false, null);
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

    // --- The guest's file systems ---

    private static (bool Quiesced, string? Why) Freeze(LibvirtSession session, DomainHandle domain, RoundRequest request)
    {
        if (DomainXml.AgentConnected(Xml.Parse(session.Xml(domain, 0))) is not true)
        {
            return (false, "its guest agent is not connected");
        }

        // The mark first: whoever comes after a kill has to know.
        session.SetMetadata(domain, FreezeMark.Text(request.MigrationId), FreezeMark.Key, FreezeMark.Namespace, Affect.Live);
        if (session.Freeze(domain) is not { } words)
        {
            return (true, null);
        }

        ThawOurs(session, domain);
        return (false, words);
    }

    private static void ThawOurs(LibvirtSession session, DomainHandle domain)
    {
        if (FreezeMark.IsOn(Xml.Parse(session.Xml(domain, 0))) && session.Thaw(domain) is null)
        {
            session.SetMetadata(domain, null, FreezeMark.Key, FreezeMark.Namespace, Affect.Live);
        }
    }

    /// <summary>On a thread of its own, while another still waits for libvirt.</summary>
    private async Task ThawInTimeAsync(string vmId)
    {
        try
        {
            await _connection.ChangeAsync(
                $"thawing VM {vmId}",
                session =>
                {
                    using var domain = session.Domain(vmId);
                    session.Thaw(domain);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (PlatformException)
        {
            // The mark stays, and whoever comes next tries again.
        }
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

    // --- A VM that is off ---

    /// <summary>
    /// The bitmaps lie in the images. All that began at the asked checkpoint or after it count together: which of them went on recording is libvirt's
    /// affair, and more is never wrong. No checkpoint can be made now, so the earlier one stays the one to go on from.
    /// </summary>
    private async Task<DiskRound> OpenOffRoundAsync(RoundRequest request, RoundSubject subject, DiskExporter exporter, CancellationToken cancellation)
    {
        var names = await _connection.ReadAsync(
            $"looking for checkpoints of VM {request.VmId}",
            session =>
            {
                using var domain = session.Domain(request.VmId);
                return OurCheckpoints(session, domain, request.MigrationId, _ => true);
            },
            cancellation).ConfigureAwait(false);
        var from = request.Since is null ? -1 : names.IndexOf(request.Since);
        var changed = new Dictionary<string, ExtentSet?>(StringComparer.Ordinal);
        foreach (var disk in subject.Disks.Where(disk => from >= 0 && disk.Tracked))
        {
            var all = ExtentSet.Empty;
            foreach (var name in names.Skip(from))
            {
                var bitmap = RoundXml.NameOf(request.MigrationId, name);
                try
                {
                    await using var image = await NbdDiskAccess.OpenAsync(exporter, subject.Images[disk.Name] with { Bitmap = bitmap }, Name, cancellation).ConfigureAwait(false);
                    all = all.Union(await image.ChangedAsync(bitmap, cancellation).ConfigureAwait(false));
                }
                catch (PlatformException e) when (e.Kind == PlatformErrorKind.Refused && e.Message.Contains("itmap", StringComparison.Ordinal))
                {
                    // A host that went down leaves bitmaps that nobody may trust.
                    return new OffRound(this, request, subject, null, changed);
                }
            }

            changed[disk.Name] = all;
        }

        return new OffRound(this, request, subject, from < 0 ? null : request.Since, changed);
    }

    private sealed record RoundSubject(string Vm, bool Off, ImmutableArray<RoundDisk> Disks, ImmutableArray<string> Others, ImmutableDictionary<string, DiskImage> Images);

    private sealed record Begun(string? Since, bool Quiesced, string? Why);

    private sealed record Stale(List<string> Names, ImmutableArray<string> Images);

    private sealed class OffRound(LibvirtSite site, RoundRequest request, RoundSubject subject, string? since, Dictionary<string, ExtentSet?> changed) : DiskRound
    {
        public override string Checkpoint => since ?? request.Checkpoint;

        public override string? Since => since;

        public override bool Quiesced => true;

        public override string? WhyNotQuiesced => null;

        public override Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation) =>
            subject.Images.ContainsKey(diskName)
                ? Task.FromResult(since is null ? null : changed.GetValueOrDefault(diskName))
                : throw site.No(PlatformErrorKind.NotFound, $"VM {subject.Vm} at site {site.Name} has no disk {diskName}");

        public override Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation) => site.OpenVmDiskAsync(request.VmId, diskName, writable: false, cancellation);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

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
                return await BackupDiskAccess.OpenAsync(NbdEndpoint.Unix(socket.OurPath, diskName), $"{site.Exporter().Description}, from the running QEMU", cancellation).ConfigureAwait(false);
            }
            catch (BlockException e)
            {
                throw Unreachable(diskName, e);
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
