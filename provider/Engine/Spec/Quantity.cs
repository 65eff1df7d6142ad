using System.Globalization;
using VmMigrate.Engine.Schema;

namespace VmMigrate.Engine.Spec;

/// <summary>Texts with units as users write them: durations ("30s", "1h30m", "2 min"), sizes ("40GiB"), rates ("200 Mbit/s").</summary>
public static class Quantity
{
    private static readonly Dictionary<string, double> DurationUnits = new(StringComparer.Ordinal)
    {
        ["ms"] = 0.001,
        ["s"] = 1,
        ["sec"] = 1,
        ["m"] = 60,
        ["min"] = 60,
        ["h"] = 3600,
        ["d"] = 86400,
    };

    // Decimal and binary units are told apart; a bare K, M, G or T is refused as ambiguous.
    private static readonly Dictionary<string, double> SizeUnits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["B"] = 1,
        ["kB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["TB"] = 1e12,
        ["KiB"] = 1024,
        ["MiB"] = 1024.0 * 1024,
        ["GiB"] = 1024.0 * 1024 * 1024,
        ["TiB"] = 1024.0 * 1024 * 1024 * 1024,
    };

    private static readonly Dictionary<string, double> RateUnits = new(StringComparer.Ordinal)
    {
        ["bit/s"] = 1 / 8.0,
        ["kbit/s"] = 1e3 / 8,
        ["Mbit/s"] = 1e6 / 8,
        ["Gbit/s"] = 1e9 / 8,
        ["B/s"] = 1,
        ["kB/s"] = 1e3,
        ["MB/s"] = 1e6,
        ["GB/s"] = 1e9,
        ["KiB/s"] = 1024,
        ["MiB/s"] = 1024.0 * 1024,
        ["GiB/s"] = 1024.0 * 1024 * 1024,
    };

    /// <summary>Reads a duration; null when it is none. Zero is a duration, a negative one is not.</summary>
    public static TimeSpan? Duration(string text)
    {
        double seconds = 0;
        var rest = text.AsSpan().Trim();
        var lastUnit = double.PositiveInfinity;
        if (rest.IsEmpty)
        {
            return null;
        }

        while (!rest.IsEmpty)
        {
            // Units must fall: "1h30m" is read, "30m1h" is not.
            if (TakeNumber(ref rest) is not { } number || TakeUnit(ref rest, DurationUnits) is not { } unit || unit >= lastUnit)
            {
                return null;
            }

            lastUnit = unit;
            seconds += number * unit;
        }

        return seconds <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>Reads a size in bytes; null when it is none.</summary>
    public static long? Size(string text) => Single(text, SizeUnits) is { } bytes && bytes <= long.MaxValue / 2 ? (long)Math.Round(bytes) : null;

    /// <summary>Reads a rate in bytes per second; null when it is none.</summary>
    public static double? Rate(string text) => Single(text, RateUnits);

    /// <summary>What a well-formed text of this format looks like, for messages.</summary>
    public static string Example(TextFormat format) => format switch
    {
        TextFormat.Duration => "\"30s\", \"5m\", \"1h30m\"",
        TextFormat.Size => "\"512MiB\", \"40GiB\"",
        TextFormat.Rate => "\"200 Mbit/s\", \"50 MiB/s\"",
        _ => "text",
    };

    public static bool IsWellFormed(TextFormat format, string text) => format switch
    {
        TextFormat.Duration => Duration(text) is not null,
        TextFormat.Size => Size(text) is not null,
        TextFormat.Rate => Rate(text) is not null,
        _ => true,
    };

    /// <summary>True when both texts are well-formed and mean the same.</summary>
    public static bool SameMeaning(TextFormat format, string a, string b) => format switch
    {
        TextFormat.Duration => Duration(a) is { } x && Duration(b) is { } y && x == y,
        TextFormat.Size => Size(a) is { } x && Size(b) is { } y && x == y,
        TextFormat.Rate => Rate(a) is { } x && Rate(b) is { } y && x.Equals(y),
        _ => a == b,
    };

    private static double? Single(string text, Dictionary<string, double> units)
    {
        var rest = text.AsSpan().Trim();
        return TakeNumber(ref rest) is { } number && TakeUnit(ref rest, units) is { } unit && rest.IsEmpty ? number * unit : null;
    }

    private static double? TakeNumber(ref ReadOnlySpan<char> rest)
    {
        var length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || rest[length] == '.'))
        {
            length++;
        }

        if (length == 0 || !double.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        rest = rest[length..].TrimStart();
        return number;
    }

    private static double? TakeUnit(ref ReadOnlySpan<char> rest, Dictionary<string, double> units)
    {
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetter(rest[length]) || rest[length] == '/'))
        {
            length++;
        }

        if (length == 0 || !units.TryGetValue(rest[..length].ToString(), out var unit))
        {
            return null;
        }

        rest = rest[length..].TrimStart();
        return unit;
    }
}
