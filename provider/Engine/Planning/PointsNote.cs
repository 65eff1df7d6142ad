using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Planning;

/// <summary>A recovery point: a moment of the copied disks that the target keeps.</summary>
/// <param name="Id">The moment, in RFC 3339.</param>
/// <param name="Bytes">What was sent for it, so what it may take beside the point before; null where that is not known.</param>
public sealed record RecoveryPoint(string Id, long? Bytes)
{
    public DateTimeOffset At => DateTimeOffset.Parse(Id, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

/// <summary>The note of the points that are kept of a copy.</summary>
/// <param name="Site">Where.</param>
/// <param name="Points">Oldest first.</param>
public sealed record PointsNote(string Site, ImmutableArray<RecoveryPoint> Points)
{
    public static PointsNote? Read(Stamp? stamp) => stamp?[StampNotes.Points]?.Split('|', 2) is [var site, var points]
        ? new PointsNote(site, [.. points.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Point).OfType<RecoveryPoint>()])
        : null;

    /// <summary>Null where nothing is kept.</summary>
    public string? Write() => Points.IsEmpty ? null : $"{Site}|{string.Join(' ', Points.Select(point => point.Bytes is { } bytes ? $"{point.Id}={bytes.ToString(CultureInfo.InvariantCulture)}" : point.Id))}";

    private static RecoveryPoint? Point(string text) => text.Split('=', 2) is [var id, .. var rest] && DateTimeOffset.TryParse(id, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
        ? new RecoveryPoint(id, rest is [var bytes] && long.TryParse(bytes, CultureInfo.InvariantCulture, out var known) ? known : null)
        : null;
}
