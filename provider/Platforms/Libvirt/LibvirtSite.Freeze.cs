using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// The guest's file systems, frozen by its agent for a moment and thawed whatever happens.
internal sealed partial class LibvirtSite
{
    /// <summary>Guests stand still for this long at most, whatever the platform does meanwhile: databases and clusters take more for a failure.</summary>
    private static readonly TimeSpan MostFrozen = TimeSpan.FromSeconds(10);

    /// <remarks>QEMU is ended by a signal that it can act on, so that the bitmaps are written back and the next round still knows what has changed.</remarks>
    public override Task EnsureOffFrozenAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"switching off VM {vmId} with its file systems frozen",
            session =>
            {
                using var domain = session.Domain(vmId);
                if (session.State(domain).State is not (VirDomainState.Running or VirDomainState.Blocked))
                {
                    // Off already, or in a state in which no agent answers: then it is refused by the rules of a shutdown.
                    if (AskOff(session, vmId, force: false) is { Off: false } answer)
                    {
                        throw No(PlatformErrorKind.Busy, $"VM {answer.Name} at site {Name} is on its way down ({answer.Words}), so it cannot be frozen; wait for its end");
                    }

                    return;
                }

                var name = session.Name(domain);
                if (!session.IsPersistent(domain))
                {
                    throw Transient(name);
                }

                if (Freeze(session, domain, migrationId) is { Quiesced: false } left)
                {
                    throw No(
                        PlatformErrorKind.Refused,
                        $"the file systems of VM {name} at site {Name} cannot be frozen: {left.Why}. It was not switched off and runs on; set cutover.stop to Shutdown, or see to its guest agent");
                }

                try
                {
                    session.SwitchOff(domain);
                }
                finally
                {
                    if (session.State(domain).State != VirDomainState.ShutOff)
                    {
                        ThawOurs(session, domain);
                    }
                }
            },
            cancellation);

    private static (bool Quiesced, string? Why) Freeze(LibvirtSession session, DomainHandle domain, string migrationId)
    {
        if (DomainXml.AgentConnected(Xml.Parse(session.Xml(domain, 0))) is not true)
        {
            return (false, "its guest agent is not connected");
        }

        // The mark first: whoever comes after a kill has to know.
        session.SetMetadata(domain, FreezeMark.Text(migrationId), FreezeMark.Key, FreezeMark.Namespace, Affect.Live);
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
}
