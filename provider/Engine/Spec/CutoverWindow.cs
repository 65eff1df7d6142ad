using System.Collections.Immutable;
using System.Globalization;

namespace VmMigrate.Engine.Spec;

/// <summary>When a VM may be taken down, such as <c>22:00-04:00</c>, <c>Sat 02:00-04:00 Europe/Berlin</c> or <c>Mon-Fri 22:00-23:30, Sat, Sun 00:00-06:00 Europe/Berlin</c>. Without a time zone: UTC.</summary>
/// <remarks>Days are those on which a window opens; one that ends before it begins reaches over midnight. Where clocks are put forward over its opening, it opens with the first moment after.</remarks>
public sealed class CutoverWindow
{
    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private readonly ImmutableArray<Opening> _openings;
    private readonly TimeZoneInfo _zone;
    private readonly string _text;

    private CutoverWindow(string text, ImmutableArray<Opening> openings, TimeZoneInfo zone)
    {
        _text = text;
        _openings = openings;
        _zone = zone;
    }

    private sealed record Opening(ImmutableArray<DayOfWeek> Days, TimeOnly From, TimeOnly To);

    /// <exception cref="FormatException">With what is wrong and an example.</exception>
    public static CutoverWindow Parse(string text)
    {
        var openings = ImmutableArray.CreateBuilder<Opening>();
        var days = ImmutableArray.CreateBuilder<DayOfWeek>();
        TimeZoneInfo? zone = null;
        foreach (var word in text.Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Split('-') is [var first, var last] && TryTime(first, out var from) && TryTime(last, out var to))
            {
                if (from == to)
                {
                    throw new FormatException($"The window {word} is empty: it opens when it closes.");
                }

                openings.Add(new Opening(days.Count == 0 ? [.. Enum.GetValues<DayOfWeek>()] : [.. days.Distinct()], from, to));
                days.Clear();
            }
            else if (ReadDays(word) is { } named)
            {
                days.AddRange(named);
            }
            else
            {
                zone = zone is null && openings.Count > 0 ? Zone(word) : throw Malformed(text, $"\"{word}\" is neither hours nor days");
            }
        }

        return openings.Count == 0 || days.Count > 0 ? throw Malformed(text, days.Count > 0 ? "a day without hours" : "no hours") : new CutoverWindow(text, openings.ToImmutable(), zone ?? TimeZoneInfo.Utc);
    }

    /// <summary>The window that is open at a moment, or the next to open.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Next(DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, _zone).DateTime);
        return Enumerable.Range(-1, 10).SelectMany(day => On(today.AddDays(day))).Where(window => window.To > now && window.To > window.From).MinBy(window => window.From);
    }

    /// <summary>Such as <c>Sat 2026-11-28 02:00</c>, in the window's own time zone.</summary>
    public string Say(DateTimeOffset moment) => $"{TimeZoneInfo.ConvertTime(moment, _zone).ToString("ddd yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {_zone.Id}";

    public override string ToString() => _text;

    private IEnumerable<(DateTimeOffset From, DateTimeOffset To)> On(DateOnly day) =>
        from opening in _openings
        where opening.Days.Contains(day.DayOfWeek)
        select (At(day, opening.From), At(opening.To > opening.From ? day : day.AddDays(1), opening.To));

    private DateTimeOffset At(DateOnly day, TimeOnly time)
    {
        var local = day.ToDateTime(time);
        while (_zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        return new DateTimeOffset(local, _zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static ImmutableArray<DayOfWeek>? ReadDays(string word)
    {
        var ends = word.Split('-').Select(day => Array.FindIndex(Days, known => known.Equals(day, StringComparison.OrdinalIgnoreCase))).ToList();
        return ends.Count > 2 || ends.Contains(-1) ? null
            : [.. Enumerable.Range(ends[0], (((ends[^1] - ends[0]) + 7) % 7) + 1).Select(day => (DayOfWeek)(day % 7))];
    }

    private static bool TryTime(string text, out TimeOnly time)
    {
        time = TimeOnly.MinValue;
        return text == "24:00" || TimeOnly.TryParseExact(text, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    private static TimeZoneInfo Zone(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone
        : throw new FormatException($"The machine where the provider runs knows no time zone \"{name}\". Write for instance Europe/Berlin or UTC; on a slim image, install its time zones (tzdata).");

    private static FormatException Malformed(string text, string what) =>
        new($"\"{text}\" is no window of time ({what}). Write for instance \"22:00-04:00 Europe/Berlin\", \"Sat 02:00-04:00 Europe/Berlin\" or \"Mon-Fri 22:00-23:30\"; without a time zone it is UTC.");
}
