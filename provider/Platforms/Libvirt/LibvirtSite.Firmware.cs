using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Libvirt;

// UEFI variables: a small raw file that the definition names. A copy's lies in the pool of its first disk, as a volume of ours.
internal sealed partial class LibvirtSite
{
    /// <summary>The largest that QEMU's firmware descriptions name is 64 MiB (AArch64).</summary>
    private const int MostFirmwareBytes = 64 << 20;

    public override async Task<ReadOnlyMemory<byte>?> ReadFirmwareAsync(string vmId, CancellationToken cancellation)
    {
        var path = await _connection.ReadAsync(
            $"looking for the UEFI variables of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                RequireOff(session, domain, "read");
                return FirmwareXml.PathOf(Definition(session, domain));
            },
            cancellation).ConfigureAwait(false);
        return path is null ? null : await ReadFileAsync(path, cancellation).ConfigureAwait(false);
    }

    public override async Task<bool> EnsureFirmwareAsync(string vmId, string migrationId, ReadOnlyMemory<byte> variables, CancellationToken cancellation)
    {
        var path = await _connection.ChangeAsync(
            $"making room for the UEFI variables of VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var found = FirmwareXml.PathOf(RequireOurs(session, domain, migrationId));
                if (found is not null && VolumeName.Parse(Path.GetFileName(found)) is { } name && name.BelongsTo(migrationId))
                {
                    EnsureFirmwareVolume(session, found, name, variables.Length);
                }

                return found;
            },
            cancellation).ConfigureAwait(false);
        if (path is null || await ReadFileAsync(path, cancellation).ConfigureAwait(false) is not { } there)
        {
            return false;
        }

        if (there.Length != variables.Length)
        {
            throw No(
                PlatformErrorKind.Refused,
                $"{path}, the UEFI variables of VM {vmId} at site {Name}, is {there.Length} bytes long, and {variables.Length} are to be kept there: another firmware. Nothing was written");
        }

        if (there.Span.SequenceEqual(variables.Span))
        {
            return true;
        }

        await using (var file = await OpenAsync(new DiskImage(path, "raw", there.Length, Writable: true), cancellation).ConfigureAwait(false))
        {
            await using var writer = file.OpenWriter();
            await writer.WriteAsync(0, variables, cancellation).ConfigureAwait(false);
        }

        return await ReadFileAsync(path, cancellation).ConfigureAwait(false) is { } written && written.Span.SequenceEqual(variables.Span)
            ? true
            : throw No(PlatformErrorKind.Refused, $"{path} at site {Name} does not hold the UEFI variables that were just written to it");
    }

    /// <summary>In the pool that the path's folder is.</summary>
    private static void EnsureFirmwareVolume(LibvirtSession session, string path, VolumeName name, int lengthBytes)
    {
        foreach (var pool in session.Pools())
        {
            using (pool)
            {
                if (!session.IsActive(pool) || Xml.Parse(session.Xml(pool)) is not { } definition || !IsFolder(definition) || definition.Text("target/path") != Path.GetDirectoryName(path))
                {
                    continue;
                }

                // libvirt deletes and makes such files itself, behind its pools' backs.
                session.Refresh(pool);
                using var there = session.FindVolume(pool, name.ToString());
                if (there is null)
                {
                    session.CreateVolume(pool, Xml.Print(NewVolume(name.ToString(), lengthBytes, "raw")), name.ToString())?.Dispose();
                }

                return;
            }
        }
    }

    /// <returns>Null where there is no such file.</returns>
    private async Task<ReadOnlyMemory<byte>?> ReadFileAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await using var file = await OpenAsync(new DiskImage(path, "raw", null, Writable: false), cancellation).ConfigureAwait(false);
            if (file.LengthBytes > MostFirmwareBytes)
            {
                throw No(PlatformErrorKind.Unsupported, $"{path} at site {Name} is {file.LengthBytes} bytes long, which is more than any firmware keeps");
            }

            var bytes = new byte[file.LengthBytes];
            await using var reader = file.OpenReader();
            await reader.ReadAsync(0, bytes, cancellation).ConfigureAwait(false);
            return bytes;
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return null;
        }
    }
}
