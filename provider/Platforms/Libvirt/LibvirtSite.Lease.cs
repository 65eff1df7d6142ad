using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

// One migration, one driver.
internal sealed partial class LibvirtSite
{
    public override bool KeepsLeases => true;

    public override Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"looking for the lease of migration {migrationId}",
            session =>
            {
                using var secret = session.FindSecretOfVolume(LeaseXml.Usage(migrationId));
                return secret is not null && session.Xml(secret) is { } text ? LeaseXml.Read(migrationId, Xml.Parse(text)) : null;
            },
            cancellation);

    /// <remarks>
    /// A take-over removes the expected lease by its UUID, which removes no other, and then makes its own, which libvirt refuses while another stands. A renewal defines its
    /// own UUID again, which is refused likewise once somebody has taken over. So at every moment one lease stands, and who lost knows it.
    /// </remarks>
    public override Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"setting the lease of migration {migrationId}",
            session =>
            {
                if (expected is { } token)
                {
                    using var standing = session.FindSecret(token);
                    if (standing is null)
                    {
                        return false;
                    }

                    if (next?.Token != token && (!session.Undefine(standing) || next is null))
                    {
                        return next is null;
                    }
                }

                return next is null || session.TryDefineSecret(LeaseXml.Write(next));
            },
            cancellation);

    public override async Task<ImmutableArray<string>> EndLateServersAsync(string migrationId, CancellationToken cancellation)
    {
        var images = (await FindStampedAsync(migrationId, cancellation).ConfigureAwait(false)).SelectMany(vm => vm.Disks).Select(disk => disk.Location)
            .Concat((await FindStampedDisksAsync(migrationId, cancellation).ConfigureAwait(false)).Select(disk => disk.Location))
            .Where(path => path.StartsWith('/')).ToHashSet(StringComparer.Ordinal);
        return _exporter is null || images.Count == 0 ? [] : await _exporter.EndServersAsync(images, cancellation).ConfigureAwait(false);
    }
}
