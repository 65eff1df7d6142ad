using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// Rounds of a VM that is off: the bitmaps lie in its images.
internal sealed partial class LibvirtSite
{
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
            var bitmaps = names.Skip(from).Select(name => RoundXml.NameOf(request.MigrationId, name)).ToImmutableArray();
            if (DirectFiles && exporter is LocalExporter && DirectDiskAccess.TryReadChanged(subject.Images[disk.Name], bitmaps) is { } told)
            {
                changed[disk.Name] = told;
                continue;
            }

            var all = ExtentSet.Empty;
            foreach (var bitmap in bitmaps)
            {
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
}
