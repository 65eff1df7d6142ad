using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// Power and fence.
internal sealed partial class LibvirtSite
{
    /// <summary>How often a guest that shuts down is looked at; libvirt answers in well under a millisecond.</summary>
    private static readonly TimeSpan PowerPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>A guest that took the first request for noise gets it again this often.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(15);

    public override Task EnsureRunningAsync(string vmId, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"starting VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                StartNow(session, domain, vmId, paused: false);
            },
            cancellation);

    /// <param name="paused">Its processors do not run yet; one that runs already, or was paused, is left as it is.</param>
    private void StartNow(LibvirtSession session, DomainHandle domain, string vmId, bool paused)
    {
        var name = session.Name(domain);
        var state = session.State(domain).State;
        switch (state)
        {
            case VirDomainState.Running or VirDomainState.Blocked:
                ThawOurs(session, domain);
                return;
            case VirDomainState.Paused:
                if (!paused)
                {
                    session.Resume(domain);
                }

                return;
            case not VirDomainState.ShutOff:
                throw No(PlatformErrorKind.Busy, $"VM {name} at site {Name} is {VmFacts.Word(state)}, so it cannot be started now");
        }

        var definition = Definition(session, domain);
        if (FenceXml.MigrationOf(definition) is { } migration)
        {
            throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is fenced by migration {migration}, so it is not started");
        }

        if (ConsoleXml.Find(definition) is { Append: true } console && _uri.IsLocal)
        {
            var file = new FileInfo(console.Path);
            _consoleStarts[vmId] = file.Exists ? file.Length : 0;
        }

        if (paused)
        {
            session.StartPaused(domain);
        }
        else
        {
            session.Start(domain);
        }
    }

    public override async Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var asked = started;
        var answer = await _connection.ChangeAsync($"shutting down VM {vmId}", session => AskOff(session, vmId, force), cancellation).ConfigureAwait(false);
        while (!answer.Off)
        {
            var waited = _time.GetElapsedTime(started);
            if (waited >= patience)
            {
                if (!force)
                {
                    throw No(
                        PlatformErrorKind.TimedOut,
                        $"VM {answer.Name} at site {Name} did not shut down within {patience.TotalSeconds:0} s and still runs ({answer.Words}); shut it down from inside, wait longer, or allow switching it off");
                }

                await _connection.ChangeAsync(
                    $"switching off VM {vmId}",
                    session =>
                    {
                        using var domain = session.Domain(vmId);
                        if (session.State(domain).State != VirDomainState.ShutOff)
                        {
                            session.SwitchOff(domain);
                        }
                    },
                    cancellation).ConfigureAwait(false);
                return;
            }

            var left = patience - waited;
            await Task.Delay(left < PowerPoll ? left : PowerPoll, _time, cancellation).ConfigureAwait(false);
            if (_time.GetElapsedTime(asked) >= AskAgain)
            {
                asked = _time.GetTimestamp();
                answer = await _connection.ChangeAsync($"shutting down VM {vmId}", session => AskOff(session, vmId, force), cancellation).ConfigureAwait(false);
            }
            else
            {
                var off = await _connection.ReadAsync(
                    $"watching VM {vmId} shut down",
                    session =>
                    {
                        using var domain = session.Domain(vmId);
                        return session.State(domain).State == VirDomainState.ShutOff;
                    },
                    cancellation).ConfigureAwait(false);
                answer = answer with { Off = off };
            }
        }
    }

    /// <summary>Asks once: the agent where the guest has it open, else the power button.</summary>
    private (string Name, bool Off, string Words) AskOff(LibvirtSession session, string vmId, bool force)
    {
        using var domain = session.Domain(vmId);
        var name = session.Name(domain);
        var state = session.State(domain).State;
        if (state == VirDomainState.ShutOff)
        {
            return session.HasManagedSave(domain)
                ? throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is saved to disk with its memory (managed save), so its disks are not at rest; start it and shut it down, or drop the saved memory: virsh managedsave-remove {name}")
                : (name, true, "");
        }

        if (!session.IsPersistent(domain))
        {
            throw Transient(name);
        }

        if (session.State(domain) is var (now, reason) && VmFacts.IsSplit(now, reason))
        {
            throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} still sends memory to its new host (post-copy): to switch it off here is to lose that, so it is not done, by force neither");
        }

        if (state is VirDomainState.Paused or VirDomainState.SuspendedByGuest or VirDomainState.Crashed)
        {
            // It hears nothing. To switch it off is to pull the plug.
            if (!force)
            {
                throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is {VmFacts.Word(state)}, so it cannot shut down cleanly; resume it (virsh resume {name}), or allow switching it off");
            }

            session.SwitchOff(domain);
            return (name, true, "");
        }

        if (state == VirDomainState.ShuttingDown)
        {
            return (name, false, "it is shutting down");
        }

        string? agentWords = null;
        if (DomainXml.AgentConnected(Xml.Parse(session.Xml(domain, 0))) == true)
        {
            agentWords = session.AskToShutDown(domain, byAgent: true);
            if (agentWords is null)
            {
                return (name, false, "its agent was asked");
            }
        }

        return session.AskToShutDown(domain, byAgent: false) is { } words
            ? (name, session.State(domain).State == VirDomainState.ShutOff, $"it could not be asked: {words}")
            : (name, false, agentWords is null ? "its power button was pressed" : $"its power button was pressed, since its agent did not answer: {agentWords}");
    }

    private PlatformException Transient(string name) =>
        No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is transient: it would be gone once it is off; give it a definition first: virsh dumpxml {name} > {name}.xml && virsh define {name}.xml");

    public override Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"fencing VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                RequireOff(session, domain, "fenced");
                PutFence(session, domain, migrationId);

                // Somebody may have started it while we wrote.
                RequireOff(session, domain, "fenced");
            },
            cancellation);

    /// <summary>
    /// Writes the fence into the definition that the next start takes. On a running VM this changes nothing before it is off: then it cannot start any more.
    /// </summary>
    private void PutFence(LibvirtSession session, DomainHandle domain, string migrationId)
    {
        var name = session.Name(domain);
        var definition = Definition(session, domain);
        var fence = FenceXml.Find(definition);
        if (fence is not null && fence.Attr("migration") != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is fenced by another migration, {fence.Attr("migration")}");
        }

        if (fence is null || !FenceXml.IsWhole(definition, fence))
        {
            var open = FenceXml.Without(definition);
            // A part of the fence may be gone; what it knew is kept.
            var autostart = fence is not null ? FenceXml.HadAutostart(fence) : session.Autostart(domain) == true;
            try
            {
                FenceXml.Put(
                    open,
                    migrationId,
                    autostart,
                    disk => (fence is null ? null : FenceXml.LengthOf(fence, disk)) ?? (session.BlockInfo(domain, disk) is { } info ? (long)info.Capacity : null),
                    _time.GetUtcNow());
            }
            catch (NotSupportedException exception)
            {
                throw new PlatformException(PlatformErrorKind.Unsupported, Name, $"VM {name} at site {Name} cannot be fenced: {exception.Message}", exception);
            }

            // One call writes disks and metadata together, so a fence is there whole or not at all.
            session.Define(Xml.Print(open), $"libvirt could not fence VM {name}").Dispose();
        }

        if (session.Autostart(domain) != false)
        {
            session.SetAutostart(domain, false);
        }
    }

    public override Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"lifting the fence of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var definition = Definition(session, domain);
                if (FenceXml.Find(definition) is not { } fence || fence.Attr("migration") != migrationId)
                {
                    if (FenceXml.IsOrphaned(definition, migrationId))
                    {
                        throw No(
                            PlatformErrorKind.Refused,
                            $"VM {session.Name(domain)} at site {Name} has lost the record of its fence, so where its disks were is not known any more; put their sources right by hand (virsh edit)");
                    }

                    return;
                }

                // Autostart first: the record of it goes away with the fence.
                if (FenceXml.HadAutostart(fence))
                {
                    session.SetAutostart(domain, true);
                }

                session.Define(Xml.Print(FenceXml.Without(definition)), $"libvirt could not lift the fence of VM {session.Name(domain)}").Dispose();
            },
            cancellation);

    public override Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"looking at the fence of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var definition = Xml.Parse(session.Xml(domain, XmlFlags.Inactive));
                if (FenceXml.Find(definition) is not { } fence || fence.Attr("migration") != migrationId)
                {
                    return FenceXml.IsOrphaned(definition, migrationId) ? FenceState.Broken : FenceState.None;
                }

                if (IsArmed(session, domain))
                {
                    return FenceState.None;
                }

                return FenceXml.IsWhole(definition, fence)
                    && session.State(domain).State == VirDomainState.ShutOff
                    && session.Autostart(domain) == false
                    && !session.HasManagedSave(domain)
                        ? FenceState.Standing
                        : FenceState.Broken;
            },
            cancellation);

    /// <param name="toBe">What was to be done with it, such as <c>removed</c>.</param>
    private void RequireOff(LibvirtSession session, DomainHandle domain, string toBe)
    {
        var state = session.State(domain).State;
        if (state != VirDomainState.ShutOff)
        {
            throw No(PlatformErrorKind.Refused, $"VM {session.Name(domain)} at site {Name} is {VmFacts.Word(state)}; it must be off to be {toBe}");
        }

        if (session.HasManagedSave(domain))
        {
            throw No(PlatformErrorKind.Refused, $"VM {session.Name(domain)} at site {Name} is saved to disk with its memory (managed save); it must be shut down to be {toBe}");
        }
    }

    /// <summary>
    /// The VM runs, and was started before its fence was written: a live move is under way, or was killed. A VM that was started in spite of its fence has it in its
    /// running definition too.
    /// </summary>
    private static bool IsArmed(LibvirtSession session, DomainHandle domain) =>
        session.State(domain).State != VirDomainState.ShutOff
        && FenceXml.Find(Xml.Parse(session.Xml(domain, XmlFlags.Inactive))) is not null
        && FenceXml.Find(Xml.Parse(session.Xml(domain, 0))) is null;
}
