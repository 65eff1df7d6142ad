using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <content>What a VM has written since a checkpoint, for previews of the way back.</content>
internal sealed partial class LibvirtSite
{
    public override async Task<long?> MeasureChangedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        var (subject, bytes) = await _connection.ReadAsync(
            $"measuring what VM {vmId} has changed",
            session =>
            {
                using var domain = session.Domain(vmId);
                var disks = Subject(session, domain, migrationId);
                using var there = session.FindCheckpoint(domain, RoundXml.NameOf(migrationId, checkpoint));
                return (disks, there is null || disks.Off || session.Xml(there, measure: true) is not { } text ? null : RoundXml.MeasuredBytes(text));
            },
            cancellation).ConfigureAwait(false);
        if (subject.Off)
        {
            await using var round = await OpenOffRoundAsync(new RoundRequest(vmId, migrationId, checkpoint, checkpoint, Quiesce: false), subject, Exporter(), cancellation).ConfigureAwait(false);
            bytes = round.Since is null ? null : 0;
            foreach (var disk in subject.Disks.Where(disk => disk.Tracked))
            {
                bytes += (await round.ChangedAsync(disk.Name, cancellation).ConfigureAwait(false))?.TotalBytes;
            }
        }

        return bytes is null
            ? throw No(PlatformErrorKind.NotFound, $"what VM {subject.Vm} at site {Name} has changed since checkpoint {checkpoint} is not known any more")
            : subject.Disks.All(disk => disk.Tracked) ? bytes : null;
    }
}
