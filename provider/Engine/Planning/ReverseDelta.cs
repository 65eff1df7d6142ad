using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Planning;

/// <summary>What is known of the blocks that the VM has written where it lives since its cutover: that much, and no more, has to go back.</summary>
/// <param name="Since">The checkpoint from which the platform tells them; null: it cannot, and whole disks are compared.</param>
/// <param name="Bytes">How many they are; null where only a round tells.</param>
/// <param name="WhyNot">Why <paramref name="Since"/> is null.</param>
public sealed record ReverseDelta(string? Since, long? Bytes, string? WhyNot)
{
    /// <summary>Reads it from the platform of the copy in which the VM lives; null when it lives at home.</summary>
    public static async Task<ReverseDelta?> ReadAsync(Observation seen, CancellationToken cancellation)
    {
        if (seen.Current is not { } copy)
        {
            return null;
        }

        if (copy.Vm.Stamp?[StampNotes.Tracked] is not { } since)
        {
            return new ReverseDelta(null, null, copy.Site.Capabilities.ChangedBlockTracking
                ? $"what {copy.Vm.Name} writes at {copy.Site.Name} was not tracked from its first start there"
                : $"{copy.Site.Name} keeps no record of changed blocks");
        }

        var lost = new ReverseDelta(null, null, $"{copy.Site.Name} has lost its record of what {copy.Vm.Name} has written since the cutover (its host went down, or somebody removed it)");
        try
        {
            return (await copy.Site.FindCheckpointsAsync(copy.Vm.Id, seen.MigrationId, cancellation)).Contains(since)
                ? new ReverseDelta(since, await copy.Site.MeasureChangedAsync(copy.Vm.Id, seen.MigrationId, since, cancellation), null)
                : lost;
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return lost;
        }
    }
}
