using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Estimates;

/// <summary>What a short try of the way between two sites gave, for estimates while nothing was declared and no run is recorded.</summary>
/// <remarks>Everything passes through the provider, so the slower of the way from the source and the way to the target counts. They are tried one after the other: together they would halve each other.</remarks>
/// <param name="Told">Where the rate comes from, for people.</param>
public sealed record LinkProbe(double BytesPerSecond, string Told)
{
    /// <summary>How long each direction is tried, from its first byte: two of them are two seconds.</summary>
    public static TimeSpan Each => TimeSpan.FromSeconds(1);

    /// <summary>What each direction carries at most.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>Less than this says more about buffers and about how a connection begins than about the link.</summary>
    private const int LeastBytes = 128 << 10;

    /// <summary>Connecting included; then an estimate is not worth more waiting.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(6);

    /// <summary>Tries both directions. Null where nothing lies between (the provider runs on both hosts), or a platform has no way to try it, or it failed: an estimate is no reason to fail.</summary>
    public static async Task<LinkProbe?> MeasureAsync(Site from, Site to, CancellationToken cancellation)
    {
        var read = await TryAsync(from, LinkDirection.FromSite, cancellation);
        var sent = await TryAsync(to, LinkDirection.ToSite, cancellation);
        var told = new[]
        {
            read is { } one ? $"{Human.Rate(one)} came from {from.Name}" : null,
            sent is { } other ? $"{Human.Rate(other)} went to {to.Name}" : null,
        };
        return read is null && sent is null
            ? null
            : new LinkProbe(Math.Min(read ?? double.MaxValue, sent ?? double.MaxValue), $"measured by a probe: {string.Join(", ", told.OfType<string>())}; no run between these sites has been recorded yet");
    }

    /// <summary>A rate from what passed between the first piece and the last.</summary>
    internal static double? Rate(long bytes, TimeSpan time) => bytes >= LeastBytes && time > TimeSpan.Zero ? bytes / time.TotalSeconds : null;

    private static async Task<double?> TryAsync(Site site, LinkDirection direction, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            return await site.ProbeLinkAsync(direction, limit.Token);
        }
        catch (Exception e) when (e is PlatformException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}
