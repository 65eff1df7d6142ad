using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Recovery points: the content of a migration's disks at some moments, kept whole.</content>
public sealed partial class SimulatorSite
{
    public override string? WhyNoPoints(string? format) => null;

    public override Task<ImmutableArray<PointAtSite>> FindPointsAsync(string migrationId, CancellationToken cancellation) =>
        ReadAsync("FindPoints", null, migrationId, (_, site) =>
        {
            var disks = Ours(site, migrationId);
            return disks.SelectMany(disk => disk.Points).GroupBy(point => point.Id, StringComparer.Ordinal).OrderBy(point => point.Key, StringComparer.Ordinal)
                .Select(point => new PointAtSite(point.Key, point.Count() == disks.Length)).ToImmutableArray();
        }, cancellation);

    public override Task EnsurePointAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync("EnsurePoint", null, $"{migrationId} {point}", (turn, site, cut) =>
        {
            foreach (var disk in Ours(site, migrationId))
            {
                MustRest(site, disk);
                if (!disk.Points.Exists(there => there.Id == point))
                {
                    turn.KeepPoint(site, disk, point);
                    cut();
                }
            }
        }, cancellation);

    public override Task<DiskAccess> OpenPointDiskAsync(string migrationId, string point, string diskName, CancellationToken cancellation) =>
        OpenAsync("OpenPointDisk", null, $"{migrationId} {point} {diskName}", writable: false, (_, site) =>
        {
            var disk = Ours(site, migrationId).FirstOrDefault(disk => disk.DiskName == diskName);
            return disk?.Points.Find(there => there.Id == point)?.Disk
                ?? throw No(PlatformErrorKind.NotFound, $"There is no recovery point {point} of disk \"{diskName}\".");
        }, cancellation);

    public override Task EnsurePointRestoredAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync("EnsurePointRestored", null, $"{migrationId} {point}", (turn, site, cut) =>
        {
            var disks = Ours(site, migrationId);
            if (disks.Length == 0 || !Array.TrueForAll(disks, disk => disk.Points.Exists(there => there.Id == point)))
            {
                throw No(PlatformErrorKind.NotFound, $"There is no recovery point {point} of migration {migrationId}.");
            }

            foreach (var disk in disks)
            {
                MustRest(site, disk);
                turn.RestorePoint(site, disk, disk.Points.Find(there => there.Id == point)!);
                cut();
            }
        }, cancellation);

    public override Task EnsurePointRemovedAsync(string migrationId, string point, CancellationToken cancellation) =>
        ChangeAsync("EnsurePointRemoved", null, $"{migrationId} {point}", (turn, site, cut) =>
        {
            foreach (var disk in Ours(site, migrationId))
            {
                if (disk.Points.Find(there => there.Id == point) is { } kept)
                {
                    turn.DropPoint(site, disk, kept);
                    cut();
                }
            }
        }, cancellation);

    private static DiskState[] Ours(SiteState site, string migrationId) => [.. site.Disks.Values.Where(disk => disk.MigrationId == migrationId)];

    private void MustRest(SiteState site, DiskState disk)
    {
        MustNotBeOpen(disk);
        if (site.Vms.Values.FirstOrDefault(vm => vm.Power != PowerState.Off && vm.Disks.Exists(attached => attached.Location == disk.Location)) is { } user)
        {
            throw No(PlatformErrorKind.Refused, $"The disk {disk.Location} is in use by {user.Name}, which is not off.");
        }
    }
}
