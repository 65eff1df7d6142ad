using System.Globalization;
using VmMigrate.Engine.Contracts;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// Leases, in a folder of a datastore. Each holding has a folder with the next number, and to make a folder is the one thing that vSphere does for one and no other:
/// <code>
/// [ds] vmmigrate-leases/vmm-0123456789abcdef.7/lease      the highest number counts; 8 is made by whoever takes it over, renews it or gives it back
/// </code>
/// </summary>
/// <remarks>
/// Who has made a folder looks whether the one before still stands, and after writing whether no higher one has come: one that was held up in between finds that it has lost. The
/// datastore is the first by name that vCenter can reach, so all runs find the same one as long as they see the same datastores.
/// </remarks>
internal sealed partial class VSphereSite
{
    private const string LeaseFolder = "vmmigrate-leases";

    /// <summary>A writer needs some milliseconds from its folder to the record in it. One that takes longer than this was killed between the two.</summary>
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RecordPoll = TimeSpan.FromMilliseconds(50);

    public override bool KeepsLeases => true;

    public override async Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation)
    {
        var (inventory, store) = await LeaseStoreAsync(cancellation).ConfigureAwait(false);
        return (await CurrentAsync(inventory, store, migrationId, cancellation).ConfigureAwait(false)).Lease;
    }

    public override async Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation)
    {
        var what = $"vSphere could not keep the lease of migration {migrationId} at site {Name}";
        var (inventory, store) = await LeaseStoreAsync(cancellation).ConfigureAwait(false);
        var now = await CurrentAsync(inventory, store, migrationId, cancellation).ConfigureAwait(false);
        if (now.Lease?.Token != expected)
        {
            return false;
        }

        var number = now.Highest + 1;
        if (!await TryMakeAsync(what, inventory, store, migrationId, number, cancellation).ConfigureAwait(false))
        {
            return false;
        }

        // Ours by now, unless what we go on from has moved on meanwhile.
        var files = FilesOf(inventory, store.Datacenter);
        var before = now.Number == 0 ? null : await files.ReadTextAsync(RecordOf(store, migrationId, now.Number), 4096, cancellation).ConfigureAwait(false);
        if ((now.Number != 0 && before != now.Text) || (now.Highest != now.Number && await files.LengthAsync(RecordOf(store, migrationId, now.Highest), cancellation).ConfigureAwait(false) is not null))
        {
            await DeleteFileAsync(what, inventory, store.Datacenter, HoldingOf(store, migrationId, number), cancellation).ConfigureAwait(false);
            return false;
        }

        await files.WriteTextAsync(RecordOf(store, migrationId, number), Record(next), cancellation).ConfigureAwait(false);
        var numbers = await NumbersAsync(store, migrationId, cancellation).ConfigureAwait(false);
        if (numbers.Any(other => other > number))
        {
            return false;
        }

        foreach (var older in numbers.Where(other => other < number || (other == number && next is null)))
        {
            await DeleteFileAsync(what, inventory, store.Datacenter, HoldingOf(store, migrationId, older), cancellation).ConfigureAwait(false);
        }

        return true;
    }

    /// <param name="Highest">The highest number that was given out; 0: none.</param>
    /// <param name="Number">The highest whose record is there.</param>
    /// <param name="Text">That record.</param>
    /// <param name="Lease">Null where it says that nobody holds it.</param>
    private sealed record Standing(int Highest, int Number, string? Text, Lease? Lease);

    private async Task<Standing> CurrentAsync(Inventory inventory, InventoryItem store, string migrationId, CancellationToken cancellation)
    {
        var files = FilesOf(inventory, store.Datacenter);
        var since = _time.GetTimestamp();
        while (true)
        {
            var numbers = await NumbersAsync(store, migrationId, cancellation).ConfigureAwait(false);
            var highest = numbers.DefaultIfEmpty(0).Max();
            foreach (var number in numbers.OrderDescending())
            {
                var text = await files.ReadTextAsync(RecordOf(store, migrationId, number), 4096, cancellation).ConfigureAwait(false);
                if (string.IsNullOrEmpty(text))
                {
                    if (_time.GetElapsedTime(since) < RecordPatience)
                    {
                        break;
                    }

                    continue;
                }

                return new Standing(highest, number, text, Parse(migrationId, text));
            }

            if (numbers.Count == 0 || _time.GetElapsedTime(since) >= RecordPatience)
            {
                return new Standing(highest, 0, null, null);
            }

            await Task.Delay(RecordPoll, _time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<(Inventory Inventory, InventoryItem Store)> LeaseStoreAsync(CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        return (inventory, inventory.Datastores.Where(one => one.Facts.Flag("summary.accessible") != false).MinBy(one => one.UniqueName, StringComparer.Ordinal)
            ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no datastore, so no lease can be kept"));
    }

    private async Task<List<int>> NumbersAsync(InventoryItem store, string migrationId, CancellationToken cancellation) =>
    [
        .. (await SearchFilesAsync(store, new DatastorePath(store.Name, LeaseFolder), $"{migrationId}.*", folders: true, cancellation).ConfigureAwait(false))
            .Select(name => int.TryParse(name.AsSpan(migrationId.Length + 1), CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0),
    ];

    /// <returns>False when it is there already.</returns>
    private async Task<bool> TryMakeAsync(string what, Inventory inventory, InventoryItem store, string migrationId, int number, CancellationToken cancellation)
    {
        await EnsureFolderAsync(what, inventory, store, new DatastorePath(store.Name, LeaseFolder), cancellation).ConfigureAwait(false);
        try
        {
            await _client.ChangeAsync(
                what, Manager(inventory, "fileManager"), "MakeDirectory", cancellation,
                El("name", HoldingOf(store, migrationId, number)), DatacenterArgument("datacenter", store.Datacenter), El("createParentDirectories", false)).ConfigureAwait(false);
            return true;
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.FileExists)
        {
            return false;
        }
    }

    private static DatastorePath HoldingOf(InventoryItem store, string migrationId, int number) =>
        new(store.Name, string.Create(CultureInfo.InvariantCulture, $"{LeaseFolder}/{migrationId}.{number}"));

    private static DatastorePath RecordOf(InventoryItem store, string migrationId, int number)
    {
        var folder = HoldingOf(store, migrationId, number);
        return folder with { Path = folder.Path + "/lease" };
    }

    private static string Record(Lease? lease) => lease is null
        ? "nobody\n"
        : string.Join('\n', lease.Token.ToString("D"), ExtraConfig.Encode(lease.Holder), ExtraConfig.Encode(lease.Process), lease.Since.ToString("O", CultureInfo.InvariantCulture), lease.Until.ToString("O", CultureInfo.InvariantCulture)) + "\n";

    private static Lease? Parse(string migrationId, string text) =>
        text.TrimEnd('\n').Split('\n') is [var token, var holder, var process, var since, var until]
            ? new Lease(
                migrationId,
                Guid.Parse(token),
                ExtraConfig.Decode(holder),
                ExtraConfig.Decode(process),
                DateTimeOffset.Parse(since, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
                DateTimeOffset.Parse(until, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind))
            : null;
}
