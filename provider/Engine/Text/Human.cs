using System.Globalization;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Text;

/// <summary>Numbers as people read them.</summary>
public static class Human
{
    /// <summary>Such as <c>1.4 TiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double number = bytes;
        var unit = 0;
        while (Math.Abs(number) >= 1024 && unit < units.Length - 1)
        {
            number /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 || number >= 100 ? Math.Round(number) : Math.Round(number, 1))} {units[unit]}");
    }

    /// <summary>A number with its unit: <c>20 GiB</c>, <c>3 ms</c>, <c>70 %</c>, <c>2.6 GHz</c>.</summary>
    public static string Number(double number, FactUnit unit) => unit switch
    {
        FactUnit.Bytes => Bytes((long)number),
        FactUnit.BytesPerSecond => number >= 1e6 / 8 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number * 8 / 1e6, 1):#,0.#} Mbit/s") : Rate(number),
        FactUnit.Seconds => number < 1 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number * 1000, 2)} ms") : Duration(TimeSpan.FromSeconds(number)),
        FactUnit.Percent => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number, 2)} %"),
        FactUnit.Hertz => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number / 1e9, 2)} GHz"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(number, 2)}"),
    };

    /// <summary>Such as <c>51 MiB/s</c>.</summary>
    public static string Rate(double bytesPerSecond) => Bytes((long)bytesPerSecond) + "/s";

    /// <summary>Such as <c>7.2 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.FromSeconds(10))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalSeconds, 1)} s");
        }

        if (time < TimeSpan.FromSeconds(59.5))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalSeconds)} s");
        }

        if (time < TimeSpan.FromMinutes(59.5))
        {
            var seconds = (int)Math.Round(time.TotalSeconds);
            return seconds % 60 == 0 || seconds >= 600 ? $"{(seconds + 30) / 60} min" : $"{seconds / 60} min {seconds % 60} s";
        }

        var minutes = (long)Math.Round(time.TotalMinutes);
        return minutes % 60 == 0 ? $"{minutes / 60} h" : $"{minutes / 60} h {minutes % 60} min";
    }
}
