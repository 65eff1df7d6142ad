using System.Globalization;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Blocks;

/// <summary>How much bandwidth there is at which time of day, such as <c>200 Mbit/s</c> or <c>08:00-18:00: 200 Mbit/s; 18:00-22:00: 1 Gbit/s</c>. Outside the windows there is no limit, or the one without a window.</summary>
public sealed class BandwidthSchedule
{
    private readonly (TimeOnly From, TimeOnly To, long? BytesPerSecond)[] _windows;
    private readonly long? _otherwise;

    private BandwidthSchedule((TimeOnly, TimeOnly, long?)[] windows, long? otherwise)
    {
        _windows = windows;
        _otherwise = otherwise;
    }

    public static BandwidthSchedule Unlimited { get; } = new([], null);

    /// <summary>One limit around the clock.</summary>
    public static BandwidthSchedule Constant(long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        return new([], bytesPerSecond);
    }

    /// <exception cref="FormatException">The message says which part cannot be read and what is expected.</exception>
    public static BandwidthSchedule Parse(string text)
    {
        var windows = new List<(TimeOnly From, TimeOnly To, long?)>();
        long? otherwise = null;
        var hasOtherwise = false;
        foreach (var part in text.Split([';', '\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // A window has three colons, the last of which ends it: 08:00-18:00: 200 Mbit/s.
            var end = part.LastIndexOf(':');
            if (end < 0)
            {
                if (hasOtherwise)
                    throw new FormatException($"\"{text}\" has two limits without a window of time.");
                (otherwise, hasOtherwise) = (Rate(part), true);
                continue;
            }

            var times = part[..end].Split('-', StringSplitOptions.TrimEntries);
            if (times.Length != 2 || !TryTime(times[0], out var from) || !TryTime(times[1], out var to) || from == to)
                throw new FormatException($"\"{part}\" is no window of time with a limit. Write for instance 08:00-18:00: 200 Mbit/s.");
            foreach (var (otherFrom, otherTo, _) in windows)
            {
                if (Within(from, otherFrom, otherTo) || Within(otherFrom, from, to))
                    throw new FormatException($"In \"{text}\" the window {times[0]}-{times[1]} overlaps another.");
            }

            windows.Add((from, to, Rate(part[(end + 1)..])));
        }

        return windows.Count == 0 && !hasOtherwise
            ? throw new FormatException("A bandwidth is empty. Write for instance 200 Mbit/s, or 08:00-18:00: 200 Mbit/s.")
            : new BandwidthSchedule([.. windows], otherwise);
    }

    /// <summary>Bytes per second at a time of day; null: no limit.</summary>
    public long? At(TimeOnly time)
    {
        foreach (var (from, to, rate) in _windows)
        {
            if (Within(time, from, to))
                return rate;
        }

        return _otherwise;
    }

    /// <summary>A window may reach over midnight.</summary>
    private static bool Within(TimeOnly time, TimeOnly from, TimeOnly to) => from < to ? time >= from && time < to : time >= from || time < to;

    private static bool TryTime(string text, out TimeOnly time)
    {
        if (text == "24:00")
        {
            time = TimeOnly.MinValue;
            return true;
        }

        return TimeOnly.TryParseExact(text, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    private static long? Rate(string text)
    {
        text = text.Trim();
        if (text.Equals("unlimited", StringComparison.OrdinalIgnoreCase))
            return null;
        return Quantity.Rate(text) is >= 1 and < long.MaxValue and { } bytes
            ? (long)bytes
            : throw new FormatException($"\"{text}\" is no bandwidth. Write for instance {Quantity.Example(Schema.TextFormat.Rate)}, or unlimited.");
    }
}
