using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// The guest's file systems, frozen by its agent for a moment and thawed whatever happens.
internal sealed partial class LibvirtSite
{
    /// <summary>Guests stand still for this long at most, whatever the platform does meanwhile: databases and clusters take more for a failure.</summary>
    private static readonly TimeSpan MostFrozen = TimeSpan.FromSeconds(10);

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
}
