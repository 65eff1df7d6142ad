using System.Collections.Immutable;
using System.Net;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// Moves of a running VM by libvirt's own migration with storage copy, driven from here (not peer to peer): when we die, libvirt calls it off.
internal sealed partial class LibvirtSite
{
    private const uint Live = 1, PersistDest = 1 << 3, NonSharedDisk = 1 << 6, AbortOnError = 1 << 12, AutoConverge = 1 << 13, PostCopy = 1 << 15, Tls = 1 << 16, PostCopyResume = 1 << 19;

    /// <summary>Until the job is there and knows how long it may pause the guest.</summary>
    private static readonly TimeSpan FirstLivePoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Each look takes the monitor from the migration for a moment, also when it switches.</summary>
    private static readonly TimeSpan LivePoll = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a migration that was called off may take to end: libvirt waits for a peer that does not answer any more.</summary>
    private static readonly TimeSpan CallOffLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan AnyDowntime = TimeSpan.FromHours(1);

    public override Task<ImmutableArray<string>> FindLiveBlockersAsync(string vmId, Site to, CancellationToken cancellation) =>
        to is not LibvirtSite there
            ? Task.FromResult(ImmutableArray.Create($"site {to.Name} is no libvirt site"))
            : _connection.ReadAsync<ImmutableArray<string>>(
                $"looking at what stands against moving VM {vmId} live",
                session =>
                {
                    using var domain = session.Domain(vmId);
                    var vm = VmFacts.Read(session, domain, "", askAgent: false);
                    var live = Xml.Parse(session.Xml(domain, 0));
                    var against = new List<string>();
                    void Against(bool holds, string what)
                    {
                        if (holds)
                        {
                            against.Add(what);
                        }
                    }

                    Against(vm.Power != PowerState.Running, $"it is {vm.PowerDetail}");
                    Against(!session.IsPersistent(domain), "it is transient, so nothing of it would be left here to go back to");
                    Against(vm.Snapshots.Or(0) > 0, $"it has {vm.Snapshots} snapshots, and libvirt moves no VM with snapshots");
                    Against(live.Element("cpu").Attr("mode") == "host-passthrough", "its CPU is passed through from the host (host-passthrough), which another host need not have; set a CPU model");
                    Against(vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi, "it boots by UEFI, whose variables lie in a file that is carried only while it is off");
                    foreach (var disk in vm.Disks)
                    {
                        Against(disk.Device != "disk", $"drive {disk.Name} holds {disk.Location}, a medium of this host; eject it");
                        Against(
                            disk.Device == "disk" && !KeepsBitmaps(session, disk),
                            $"disk {disk.Name} is {disk.Format}{(disk.Format.Or("") == "qcow2" ? " of version 2" : "")}, which keeps no record of what the guest writes, so nothing could be proven about it; only qcow2 of version 3 does");
                        Against(disk.Shared, $"disk {disk.Name} is shared with other VMs");
                    }

                    against.AddRange(vm.SpecialDevices.Select(device => $"{device.Description} is tied to its host"));
                    return [.. against];
                },
                cancellation);

    public override string? DescribeLive(Site to) =>
        to is not LibvirtSite there ? null
        : LiveSockets.BySockets(this, there) ? "over unix sockets of this machine"
        : $"over TCP to {LiveSockets.AddressOf(this, there) ?? "the host as libvirt finds it"}, {(there.Arrivals.Tls ? "encrypted (TLS)" : "not encrypted")}";

    public override async Task<LiveResult> MoveLiveAsync(LiveRequest request, Site to, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        if (to is not LibvirtSite there)
        {
            throw No(PlatformErrorKind.Unsupported, $"VM {request.Target.Source.Name} cannot move live from site {Name} to site {to.Name}, which is no libvirt site");
        }

        var started = _time.GetTimestamp();
        if (await IsSplitAsync(request.VmId).ConfigureAwait(false))
        {
            return await FinishSplitAsync(request, there, started, progress, cancellation).ConfigureAwait(false);
        }

        if (!await _connection.ChangeAsync($"preparing VM {request.VmId} for a live move", session => PrepareLive(session, request), cancellation).ConfigureAwait(false))
        {
            await there.MustHaveArrivedAsync(request, cancellation).ConfigureAwait(false);
            await TakeOverCheckpointsAsync(request, there, cancellation).ConfigureAwait(false);
            return new LiveResult(request.VmId, TimeSpan.Zero, 0, TimeSpan.Zero);
        }

        var (running, stored) = await there.DefinitionsAsync(request, await MigratableAsync(request, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        await using var sockets = await LiveSockets.MakeAsync(this, there, request, cancellation).ConfigureAwait(false);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal) { ["destination_xml"] = running, ["persistent_xml"] = stored };
        foreach (var (name, value) in sockets.Parameters)
        {
            texts[name] = value;
        }

        // From the moment at which it is off here it cannot start here any more.
        await _connection.ChangeAsync(
            $"fencing VM {request.VmId}",
            session =>
            {
                using var domain = session.Domain(request.VmId);
                PutFence(session, domain, request.MigrationId);
            },
            cancellation).ConfigureAwait(false);
        try
        {
            await MigrateAsync(request, there, texts, resume: false, progress, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (e is not PlatformException || !request.PostCopy || !await IsSplitAsync(request.VmId).ConfigureAwait(false))
            {
                await CallOffAsync(request, there).ConfigureAwait(false);
                throw;
            }

            await ResumeAsync(request, there, sockets, e, progress, cancellation).ConfigureAwait(false);
        }

        return await ArrivedAsync(request, there, started, cancellation).ConfigureAwait(false);
    }

    private async Task<LiveResult> ArrivedAsync(LiveRequest request, LibvirtSite there, long started, CancellationToken cancellation)
    {
        await there.MustHaveArrivedAsync(request, cancellation).ConfigureAwait(false);
        await TakeOverCheckpointsAsync(request, there, cancellation).ConfigureAwait(false);
        var stats = await CompletedAsync(request.VmId, cancellation).ConfigureAwait(false) ?? await there.CompletedAsync(request.VmId, cancellation).ConfigureAwait(false) ?? [];
        return new LiveResult(
            request.VmId,
            TimeSpan.FromMilliseconds(stats.GetValueOrDefault("downtime")),
            stats.GetValueOrDefault("data_processed"),
            _time.GetElapsedTime(started));
    }

    /// <summary>Closes what an earlier run left.</summary>
    /// <returns>False when it is off here: it may have moved already.</returns>
    private bool PrepareLive(LibvirtSession session, LiveRequest request)
    {
        using var domain = session.Domain(request.VmId);
        if (session.State(domain).State == VirDomainState.ShutOff)
        {
            return false;
        }

        EndOurBackup(session, domain, request.MigrationId, _ => true);
        if (session.Job(domain) is not null)
        {
            throw No(PlatformErrorKind.Busy, $"VM {session.Name(domain)} at site {Name} is held by another job (a backup, a migration or a dump); wait for its end, or end it: virsh domjobabort {session.Name(domain)}");
        }

        ThawOurs(session, domain);

        // Its limits would go along with its definition.
        LetGo(session, domain);
        return true;
    }

    private Task<string> MigratableAsync(LiveRequest request, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"reading the definition of VM {request.VmId}",
            session =>
            {
                using var domain = session.Domain(request.VmId);
                return session.Xml(domain, XmlFlags.Secure | XmlFlags.Migratable);
            },
            cancellation);

    /// <summary>At the target: what the VM is to be while it runs on, and after its next start.</summary>
    private Task<(string Running, string Stored)> DefinitionsAsync(LiveRequest request, string migratable, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"preparing site {Name} for VM {request.Target.Name}",
            session =>
            {
                var target = request.Target;
                using var there = session.FindDomain(request.VmId);
                if (there is not null)
                {
                    if (StampXml.Read(Definition(session, there))?.MigrationId != request.MigrationId)
                    {
                        throw No(PlatformErrorKind.Refused, $"site {Name} already has a VM with the UUID {request.VmId} (\"{session.Name(there)}\") that is not of migration {request.MigrationId}; it is left alone");
                    }

                    // An earlier try's half: it waits for memory that will not come.
                    RequireOffOrIncoming(session, there);
                }

                using (var sameName = session.FindDomainByName(target.Name))
                {
                    if (sameName is not null && session.Uuid(sameName) != request.VmId)
                    {
                        throw No(PlatformErrorKind.Refused, $"site {Name} already has another VM named \"{target.Name}\"; choose another name for the copy, or rename that VM");
                    }
                }

                var host = HostFor(session, target);
                if (host.ConsolePath is not null)
                {
                    EnsureConsoleVolume(session, target.Disks[0].Pool, target.Name, request.MigrationId);
                }

                return (
                    Xml.Print(TargetDefinition.Translate(Name, target with { Source = target.Source with { NativeDefinition = Xml.Print(FenceXml.Without(Xml.Parse(migratable))) } }, host)),
                    Xml.Print(TargetDefinition.Translate(Name, target, host)));
            },
            cancellation);

    private void RequireOffOrIncoming(LibvirtSession session, DomainHandle domain)
    {
        var state = session.State(domain).State;
        if (state == VirDomainState.Paused)
        {
            session.SwitchOff(domain);
        }
        else if (state != VirDomainState.ShutOff)
        {
            throw No(PlatformErrorKind.Refused, $"VM {session.Name(domain)} runs at site {Name} already, while it runs at its source too; shut down the one that is not to stay");
        }
    }

    /// <param name="resume">It is split between the two hosts already: what is missing is sent.</param>
    private async Task MigrateAsync(
        LiveRequest request, LibvirtSite there, Dictionary<string, string> texts, bool resume, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        var numbers = new Dictionary<string, ulong>(StringComparer.Ordinal);
        if (request.BytesPerSecond is { } rate)
        {
            // libvirt counts in MiB/s.
            numbers["bandwidth"] = (ulong)Math.Max(1, rate >> 20);
        }

        var flags = Live | PersistDest | NonSharedDisk | AbortOnError | (request.AutoConverge ? AutoConverge : 0) | (there.Arrivals.Tls ? Tls : 0) | (request.PostCopy || resume ? PostCopy : 0) | (resume ? PostCopyResume : 0);
        var from = await _connection.ConnectAsync(cancellation).ConfigureAwait(false);
        var to = await there._connection.ConnectAsync(cancellation).ConfigureAwait(false);
        var watch = new LiveWatch(request, CopyLimits.Patience, _time) { Switched = resume };
        var move = LibvirtConnection.OnOwnThread(() =>
        {
            var session = new LibvirtSession(Name, from);
            using var domain = session.Domain(request.VmId);
            session.Migrate(domain, to, texts, numbers, flags).Dispose();
            return true;
        });

        // Not before the call has returned, also where we wait for it no longer: libvirt 9.0 dies of a migration whose client goes while it is being called off.
        _ = move.ContinueWith(
            ended =>
            {
                _ = ended.Exception;
                from.Dispose();
                to.Dispose();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await WatchAsync(request, there, move, watch, progress, cancellation).ConfigureAwait(false);
        }
        catch (Exception) when (!move.IsCompleted && !watch.Switched)
        {
            // Whatever stopped us: called off, and waited for, so that it cannot succeed behind our back. Over a dead link it only ends when the connection does: called off it is all the same.
            await AbortAsync(request.VmId).ConfigureAwait(false);
            Task ended = move;
            await ended.WaitAsync(CopyLimits.Patience < CallOffLimit ? CopyLimits.Patience : CallOffLimit, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!move.IsCompletedSuccessfully)
            {
                throw;
            }

            // It was over before it could be called off: then it is over.
        }

        await move.ConfigureAwait(false);
    }

    private async Task WatchAsync(LiveRequest request, LibvirtSite there, Task move, LiveWatch watch, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        // What is split can only go on.
        CancellationToken Stop() => watch.Switched ? CancellationToken.None : cancellation;
        var limited = watch.Switched;
        while (await Task.WhenAny(move, Task.Delay(limited ? LivePoll : FirstLivePoll, _time, Stop())).ConfigureAwait(false) != move)
        {
            Stop().ThrowIfCancellationRequested();
            var stats = await _connection.ReadAsync(
                $"watching VM {request.VmId} move",
                session =>
                {
                    using var domain = session.Domain(request.VmId);
                    var found = session.JobStats(domain, completed: false);
                    limited |= found is not null && !limited && session.SetMaxDowntime(domain, request.MaxDowntime);
                    return found;
                },
                Stop()).ConfigureAwait(false);
            if (stats is null)
            {
                continue;
            }

            var verdict = watch.Look(stats);
            progress?.Report(new LiveProgress(
                stats.GetValueOrDefault("data_total"), stats.GetValueOrDefault("data_processed"), Math.Max(watch.LinkBytesPerSecond, stats.GetValueOrDefault("disk_bps")),
                watch.Switched ? "memory follows" : stats.GetValueOrDefault("memory_total") > 0 ? "move memory" : "copy disks"));
            var (name, rates) = (request.Target.Source.Name, $"writes {Human.Rate(watch.DirtyBytesPerSecond)} to its memory, and {Human.Rate(watch.LinkBytesPerSecond)} of it can be sent");
            switch (verdict)
            {
                case LiveVerdict.TooFast:
                    throw No(
                        PlatformErrorKind.Refused,
                        $"VM {name} {rates}, so it cannot move within a pause of {Human.Duration(request.MaxDowntime)}. "
                        + "It runs on here. Set cutover.onNoConvergence to SlowGuest, PostCopy or CutOverAnyway, or move it when it has less to do");
                case LiveVerdict.Stalled when !watch.Switched:
                    throw No(
                        PlatformErrorKind.TimedOut,
                        $"nothing of VM {name} has come over to site {there.Name} ({DescribeLive(there)}) for {Human.Duration(CopyLimits.Patience)}, of {Human.Bytes(stats.GetValueOrDefault("data_processed"))} before: the link between the two hosts is down, or something on it drops what is sent. "
                        + "The move was called off and the VM runs on here");
                case LiveVerdict.Stalled:
                    throw No(PlatformErrorKind.TimedOut, $"no more of its memory has come over to site {there.Name} ({DescribeLive(there)}) for {Human.Duration(CopyLimits.Patience)}");
                case LiveVerdict.Lift:
                    await ChangeJobAsync($"letting VM {request.VmId} change sides", (session, domain) => session.SetMaxDowntime(domain, AnyDowntime)).ConfigureAwait(false);
                    break;
                case LiveVerdict.PostCopy:
                    await ChangeJobAsync($"letting VM {request.VmId} change sides before its memory", (session, domain) => session.StartPostCopy(domain)).ConfigureAwait(false);
                    watch.Switched = true;
                    break;
            }
        }

        Task ChangeJobAsync(string doing, Action<LibvirtSession, DomainHandle> change) => _connection.ChangeAsync(
            doing,
            session =>
            {
                using var domain = session.Domain(request.VmId);
                change(session, domain);
            },
            cancellation);
    }

    private async Task AbortAsync(string vmId)
    {
        try
        {
            await _connection.ChangeAsync(
                $"calling off the move of VM {vmId}",
                session =>
                {
                    using var domain = session.Domain(vmId);
                    session.AbortJob(domain);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (PlatformException)
        {
            // There is no job any more, or nobody to ask: the move itself tells how it ended.
        }
    }

    /// <summary>After a failure: if it runs here, nothing of the move is left.</summary>
    private async Task CallOffAsync(LiveRequest request, LibvirtSite there)
    {
        try
        {
            var runs = await _connection.ChangeAsync(
                $"clearing up after the move of VM {request.VmId}",
                session =>
                {
                    using var domain = session.Domain(request.VmId);
                    var (state, reason) = session.State(domain);
                    if (state == VirDomainState.ShutOff || VmFacts.IsSplit(state, reason))
                    {
                        return false;
                    }

                    Disarm(session, domain, request.MigrationId);
                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
            if (runs)
            {
                await there._connection.ChangeAsync(
                    $"clearing up after the move of VM {request.VmId}",
                    session =>
                    {
                        using var domain = session.FindDomain(request.VmId);
                        if (domain is not null && StampXml.Read(Xml.Parse(session.Xml(domain, 0)))?.MigrationId == request.MigrationId && session.State(domain).State == VirDomainState.Paused)
                        {
                            session.SwitchOff(domain);
                        }
                    },
                    CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (PlatformException)
        {
            // The next run finds the same and does the same.
        }
    }

    /// <summary>Takes a fence away that was written ahead of a move which did not come about.</summary>
    private static void Disarm(LibvirtSession session, DomainHandle domain, string migrationId)
    {
        var definition = Definition(session, domain);
        if (!IsArmed(session, domain) || FenceXml.Find(definition) is not { } fence || fence.Attr("migration") != migrationId)
        {
            return;
        }

        if (FenceXml.HadAutostart(fence))
        {
            session.SetAutostart(domain, true);
        }

        session.Define(Xml.Print(FenceXml.Without(definition)), $"libvirt could not lift the fence of VM {session.Name(domain)}").Dispose();
    }

    private Task<bool> MustHaveArrivedAsync(LiveRequest request, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"looking for VM {request.VmId}",
            session =>
            {
                using var domain = session.FindDomain(request.VmId);
                if (domain is null || StampXml.Read(Xml.Parse(session.Xml(domain, 0)))?.MigrationId != request.MigrationId
                    || session.State(domain).State is not (VirDomainState.Running or VirDomainState.Blocked))
                {
                    throw No(
                        PlatformErrorKind.Refused,
                        $"VM {request.Target.Source.Name} is off at its source and does not run at site {Name}{(domain is null ? "" : $" (it is {VmFacts.Word(session.State(domain).State)})")}, so it was not moved live; start it at its source, or move it cold");
                }

                return true;
            },
            cancellation);

    private Task<Dictionary<string, long>?> CompletedAsync(string vmId, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"reading how VM {vmId} moved",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                return domain is null ? null : session.JobStats(domain, completed: true);
            },
            cancellation);

    /// <summary>The bitmaps have come along inside the disks; what libvirt knew of them has not.</summary>
    private async Task TakeOverCheckpointsAsync(LiveRequest request, LibvirtSite there, CancellationToken cancellation)
    {
        var known = await _connection.ReadAsync(
            $"reading the checkpoints of VM {request.VmId}",
            session =>
            {
                using var domain = session.Domain(request.VmId);
                var found = new List<(string Name, string Xml)>();
                foreach (var checkpoint in session.Checkpoints(domain))
                {
                    using (checkpoint)
                    {
                        if (RoundXml.Parse(request.MigrationId, session.Name(checkpoint)) is not null && session.Xml(checkpoint, measure: false) is { } text)
                        {
                            found.Add((session.Name(checkpoint), text));
                        }
                    }
                }

                return found;
            },
            cancellation).ConfigureAwait(false);
        await there._connection.ChangeAsync(
            $"taking over the checkpoints of VM {request.VmId}",
            session =>
            {
                using var domain = session.Domain(request.VmId);
                foreach (var (name, text) in known)
                {
                    using var present = session.FindCheckpoint(domain, name);
                    if (present is null)
                    {
                        session.RedefineCheckpoint(domain, text);
                    }
                }
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>How the two QEMUs reach each other: unix sockets on one machine, else TCP to the target's host as its URI names it.</summary>
    private sealed class LiveSockets(ImmutableDictionary<string, string> parameters, ImmutableArray<SharedSocket> sockets) : IAsyncDisposable
    {
        internal ImmutableDictionary<string, string> Parameters => parameters;

        /// <summary>TLS is for a network, and so is an address.</summary>
        internal static bool BySockets(LibvirtSite from, LibvirtSite to) => from._uri.IsLocal && to._uri.IsLocal && to.Arrivals is { Tls: false, Address: null };

        /// <summary>Null where libvirt has to find it: the target is this machine, and the source another.</summary>
        internal static string? AddressOf(LibvirtSite from, LibvirtSite to) => to.Arrivals.Address ?? (!to._uri.IsLocal ? to._uri.Host : from._uri.IsLocal ? IPAddress.Loopback.ToString() : null);

        private static ImmutableDictionary<string, string> Tcp(LibvirtSite from, LibvirtSite to)
        {
            var parameters = ImmutableDictionary<string, string>.Empty;
            if (AddressOf(from, to) is not { } address)
            {
                return parameters;
            }

            parameters = parameters.Add("migrate_uri", $"tcp://{(address.Contains(':', StringComparison.Ordinal) && address[0] != '[' ? $"[{address}]" : address)}");

            // Else it listens on every address.
            return IPAddress.TryParse(address, out var ip) && IPAddress.IsLoopback(ip) ? parameters.Add("listen_address", address) : parameters;
        }

        internal static async Task<LiveSockets> MakeAsync(LibvirtSite from, LibvirtSite to, LiveRequest request, CancellationToken cancellation)
        {
            if (!BySockets(from, to))
            {
                return new LiveSockets(Tcp(from, to), []);
            }

            var image = request.Target.Disks[0].Location;
            var memory = await to.Exporter().ShareSocketAsync(image, cancellation).ConfigureAwait(false);
            var disks = await to.Exporter().ShareSocketAsync(image, cancellation).ConfigureAwait(false);
            return new LiveSockets(
                ImmutableDictionary<string, string>.Empty.Add("migrate_uri", $"unix://{memory.HostPath}").Add("disks_uri", $"unix://{disks.HostPath}"), [memory, disks]);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var socket in sockets)
            {
                await socket.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
