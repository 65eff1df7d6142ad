using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// A running guest's writes, held back by QEMU's own limits on its disks.
internal sealed partial class LibvirtSite
{
    /// <remarks>Set on the running QEMU alone, so that a start knows nothing of it. The note comes first: whoever comes after a kill has to know.</remarks>
    public override Task EnsureSlowedAsync(string vmId, string migrationId, long? bytesPerSecond, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"{(bytesPerSecond is null ? "letting" : "holding back")} what VM {vmId} writes",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                if (domain is null || session.State(domain).State == VirDomainState.ShutOff)
                {
                    return;
                }

                if (bytesPerSecond is not { } most)
                {
                    LetGo(session, domain);
                    return;
                }

                var subject = Subject(session, domain, migrationId);
                var ours = SlowMark.Read(Xml.Parse(session.Xml(domain, 0))) ?? [];
                foreach (var disk in subject.Disks.Where(disk => !ours.Contains(disk.Name) && session.HasWriteLimit(domain, disk.Name)))
                {
                    throw No(PlatformErrorKind.Refused, $"disk {disk.Name} of VM {subject.Vm} at site {Name} has a limit of its own (blkdeviotune), which is left alone, so its writes are not held back further");
                }

                session.SetMetadata(domain, SlowMark.Text(migrationId, subject.Disks.Select(disk => disk.Name)), SlowMark.Key, SlowMark.Namespace, Affect.Live);
                foreach (var disk in subject.Disks)
                {
                    session.SetWriteLimit(domain, disk.Name, Math.Max(1, most / subject.Disks.Length));
                }
            },
            cancellation);

    /// <summary>Takes away the limits that we set; none where we set none.</summary>
    private static void LetGo(LibvirtSession session, DomainHandle domain)
    {
        if (SlowMark.Read(Xml.Parse(session.Xml(domain, 0))) is not { } disks)
        {
            return;
        }

        foreach (var disk in disks)
        {
            session.SetWriteLimit(domain, disk, 0);
        }

        session.SetMetadata(domain, null, SlowMark.Key, SlowMark.Namespace, Affect.Live);
    }
}
