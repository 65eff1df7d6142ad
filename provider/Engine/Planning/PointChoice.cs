using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Planning;

/// <summary>What there is of the recovery point that a declaration names.</summary>
/// <param name="Declared">As declared.</param>
/// <param name="Site">Where it was looked for; null where it was not, since it is done or its time has not come.</param>
/// <param name="Existing">All there are, oldest first.</param>
/// <param name="Found">The one that this run goes back to.</param>
public sealed record PointChoice(string Declared, Site? Site, ImmutableArray<RecoveryPoint> Existing, RecoveryPoint? Found)
{
    /// <summary>The VM has gone back to it already, and has worked since.</summary>
    public bool IsDone { get; private init; }

    /// <summary>Why there are none at that site at all.</summary>
    public string? WhyNone { get; private init; }

    /// <summary>A VM that is at home and is to stay there has its own disks: a point counts when it comes from its copy, or runs in it.</summary>
    public bool Waits => !IsDone && Site is null;

    /// <param name="to">Where it is to run.</param>
    public static async Task<PointChoice?> ReadAsync(MigrationSpec spec, Observation seen, Site to, bool removal, CancellationToken cancellation)
    {
        if (spec.RollbackTo is not { } declared || seen.Place is not { } place || place.Vm.Stamp?[StampNotes.Origin] is not null)
        {
            return null;
        }

        if (place.Vm.Stamp?[StampNotes.WentBack] == declared)
        {
            return new PointChoice(declared, null, [], null) { IsDone = true };
        }

        if (seen.Current is null && (removal || spec.Goal < MigrationGoal.CutOver))
        {
            return new PointChoice(declared, null, [], null);
        }

        var site = seen.Current?.Site ?? to;
        var noted = PointsNote.Read(seen.Home?.Stamp);
        var existing = (await site.FindPointsAsync(seen.MigrationId, cancellation)).Where(point => point.IsWhole)
            .Select(point => noted?.Points.FirstOrDefault(one => one.Id == point.Id) ?? new RecoveryPoint(point.Id, null)).ToImmutableArray();
        return new PointChoice(declared, site, existing, Find(declared, existing)) { WhyNone = existing.IsEmpty ? site.WhyNoPoints(null) : null };
    }

    /// <summary>The latest that is not after the declared moment.</summary>
    internal static RecoveryPoint? Find(string declared, ImmutableArray<RecoveryPoint> existing) =>
        DateTimeOffset.TryParse(declared, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? existing.Where(point => point.At <= moment).MaxBy(point => point.At)
            : null;
}
