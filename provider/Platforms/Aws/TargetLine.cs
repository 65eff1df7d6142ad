using System.Collections.Immutable;
using System.Globalization;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Aws.Ebs;

namespace VmMigrate.Platforms.Aws;

/// <summary>The snapshots of one disk that is being made here, found by their tags.</summary>
internal sealed class TargetLine : SnapshotLine
{
    /// <summary>A large snapshot takes its time after the last block.</summary>
    internal static readonly TimeSpan CompletionPatience = TimeSpan.FromHours(2);

    private readonly AwsConnection _connection;
    private readonly EbsClient _ebs;
    private readonly ImmutableDictionary<string, string> _tags;
    private readonly int _sizeGib;
    private int _number;
    private string? _head;

    private TargetLine(AwsConnection connection, EbsClient ebs, TargetDisk disk, IReadOnlyList<Snapshot> line)
    {
        (_connection, _ebs) = (connection, ebs);
        Line = line;
        _sizeGib = Gibibytes(disk.LengthBytes);
        _tags = ImmutableDictionary<string, string>.Empty
            .Add(AwsTags.Migration, disk.MigrationId).Add(AwsTags.Disk, disk.DiskName).Add(AwsTags.Kind, "disk").Add(AwsTags.Pool, disk.Pool)
            .Add(AwsTags.Length, disk.LengthBytes.ToString(CultureInfo.InvariantCulture));
        _number = line.Count == 0 ? 0 : Number(line[^1]);
        _head = line.LastOrDefault(snapshot => snapshot.State == SnapshotState.Completed)?.SnapshotId;
        Open = line is [.., { } last] && last.State == SnapshotState.Pending && PutJournal.Exists(last.SnapshotId) ? last.SnapshotId : null;
    }

    /// <summary>All snapshots of the disk, oldest first.</summary>
    internal IReadOnlyList<Snapshot> Line { get; }

    internal override string? Head => _head;

    internal override string? Open { get; }

    internal string Pool => _tags[AwsTags.Pool];

    /// <summary>Whether it can be gone on with here: nothing was written that nobody knows of.</summary>
    internal bool IsKnown => Line.All(snapshot => snapshot.State == SnapshotState.Completed || (snapshot.State == SnapshotState.Pending && snapshot.SnapshotId == Open));

    /// <summary>The length as the source has it; a volume has whole GiB.</summary>
    internal static long LengthOf(IReadOnlyDictionary<string, string> tags) =>
        tags.TryGetValue(AwsTags.Length, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0;

    internal static int Gibibytes(long bytes) => (int)((bytes + (1L << 30) - 1) >> 30);

    internal static async Task<TargetLine> FindAsync(AwsConnection connection, EbsClient ebs, TargetDisk disk, CancellationToken cancellation)
    {
        var line = await SnapshotsAsync(connection, disk.MigrationId, disk.DiskName, cancellation).ConfigureAwait(false);
        if (line is [.., { } last] && last.State == SnapshotState.Pending && PutJournal.IsSealed(last.SnapshotId))
        {
            // A killed run had sealed it; whether its call to complete it arrived, nobody knows.
            var put = PutJournal.ReadSealed(last.SnapshotId);
            try
            {
                await ebs.CompleteAsync(last.SnapshotId, put.Count, put.Values, cancellation).ConfigureAwait(false);
            }
            catch (PlatformException e) when (e.Kind is PlatformErrorKind.Refused or PlatformErrorKind.Busy)
            {
                // It did arrive.
            }

            await WaitAsync(connection, last.SnapshotId, cancellation).ConfigureAwait(false);
            line = await SnapshotsAsync(connection, disk.MigrationId, disk.DiskName, cancellation).ConfigureAwait(false);
        }

        return new TargetLine(connection, ebs, disk, line);
    }

    /// <summary>Snapshots of a migration's disks, by number.</summary>
    /// <param name="disk">Null: of all its disks.</param>
    internal static async Task<List<Snapshot>> SnapshotsAsync(AwsConnection connection, string? migrationId, string? disk, CancellationToken cancellation)
    {
        var request = new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [AwsTags.With(AwsTags.Kind, "disk")] };
        if (migrationId is not null)
        {
            request.Filters.Add(AwsTags.With(AwsTags.Migration, migrationId));
        }

        if (disk is not null)
        {
            request.Filters.Add(AwsTags.With(AwsTags.Disk, disk));
        }

        var found = new List<Snapshot>();
        do
        {
            var page = await connection.AskAsync("listing our snapshots", ec2 => ec2.DescribeSnapshotsAsync(request, cancellation), cancellation).ConfigureAwait(false);
            found.AddRange(page.Snapshots ?? []);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return [.. found.OrderBy(Number)];
    }

    /// <summary>Deletes what is not completed.</summary>
    internal async Task DropOpenAsync(CancellationToken cancellation)
    {
        foreach (var snapshot in Line.Where(snapshot => snapshot.State != SnapshotState.Completed))
        {
            await DeleteAsync(_connection, snapshot.SnapshotId, cancellation).ConfigureAwait(false);
        }
    }

    internal override async Task<string> BeginAsync(CancellationToken cancellation)
    {
        var number = _number + 1;
        var token = $"{_tags[AwsTags.Migration]}-{_tags[AwsTags.Disk]}-{number}-{Guid.NewGuid():N}";
        var id = await _ebs.StartAsync(
            _sizeGib, _head, _head is null ? _connection.Settings.KmsKeyArn : null,
            _tags.Add(AwsTags.Number, number.ToString(CultureInfo.InvariantCulture)).Add("Name", $"{_tags[AwsTags.Migration]} {_tags[AwsTags.Disk]}"),
            $"vmmigrate {_tags[AwsTags.Migration]}: disk {_tags[AwsTags.Disk]}", token, cancellation).ConfigureAwait(false);
        _number = number;
        return id;
    }

    internal override async Task SealedAsync(string snapshot, CancellationToken cancellation)
    {
        await WaitAsync(_connection, snapshot, cancellation).ConfigureAwait(false);
        var older = Line.Select(one => one.SnapshotId).Append(_head).Where(id => id is not null && id != snapshot).Distinct().ToList();
        _head = snapshot;
        foreach (var id in older)
        {
            // What it holds is in the newer one too: EBS keeps blocks for as long as a snapshot needs them.
            await DeleteAsync(_connection, id!, cancellation).ConfigureAwait(false);
        }
    }

    internal static async Task WaitAsync(AwsConnection connection, string snapshot, CancellationToken cancellation) => await connection.UntilAsync(
        $"snapshot {snapshot} to be completed", CompletionPatience,
        async () =>
        {
            var found = await connection.AskSoonAsync($"looking at snapshot {snapshot}", ec2 => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { SnapshotIds = [snapshot] }, cancellation), cancellation).ConfigureAwait(false);
            var state = found.Snapshots is [var one] ? one : null;
            return state?.State == SnapshotState.Error
                ? throw new PlatformException(PlatformErrorKind.Refused, connection.SiteName, $"Snapshot {snapshot} failed at {connection.SiteName}: {state.StateMessage}. Run again: the disk is begun anew.")
                : state?.State == SnapshotState.Completed;
        },
        cancellation).ConfigureAwait(false);

    internal static async Task DeleteAsync(AwsConnection connection, string snapshot, CancellationToken cancellation)
    {
        try
        {
            await connection.AskAsync($"deleting snapshot {snapshot}", ec2 => ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest(snapshot), cancellation), cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            // Gone already.
        }

        PutJournal.Delete(snapshot);
    }

    private static int Number(Snapshot snapshot) =>
        int.TryParse((snapshot.Tags ?? []).Find(tag => tag.Key == AwsTags.Number)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
