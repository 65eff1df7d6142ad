using System.Globalization;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Tests.Planning;

public sealed class CutoverWindowTests
{
    // 2026-11-26 is a Thursday. Berlin is one hour ahead of UTC then, and two in summer.
    [Theory]
    [InlineData("22:00-04:00", "2026-11-26 23:00", "2026-11-26 22:00", "2026-11-27 04:00")]
    [InlineData("22:00-04:00", "2026-11-26 03:59", "2026-11-25 22:00", "2026-11-26 04:00")]
    [InlineData("22:00-04:00", "2026-11-26 04:00", "2026-11-26 22:00", "2026-11-27 04:00")]
    [InlineData("22:00-04:00 Europe/Berlin", "2026-11-26 04:00", "2026-11-26 21:00", "2026-11-27 03:00")]
    [InlineData("Sat 02:00-04:00 Europe/Berlin", "2026-11-26 12:00", "2026-11-28 01:00", "2026-11-28 03:00")]
    [InlineData("sat 02:00-04:00", "2026-11-28 04:00", "2026-12-05 02:00", "2026-12-05 04:00")]
    [InlineData("Fri 22:00-02:00", "2026-11-28 01:00", "2026-11-27 22:00", "2026-11-28 02:00")]
    [InlineData("Mon-Fri 22:00-23:30, Sat, Sun 00:00-06:00", "2026-11-27 23:30", "2026-11-28 00:00", "2026-11-28 06:00")]
    [InlineData("Sat-Mon 10:00-24:00", "2026-11-26 00:00", "2026-11-28 10:00", "2026-11-29 00:00")]

    // Clocks go from 02:00 to 03:00 on 2026-03-29: what opens at 02:30 opens with the first moment that there is.
    [InlineData("Sun 02:30-04:00 Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-29 02:00")]
    public void It_tells_the_window_that_is_open_or_the_next_to_open(string text, string now, string from, string to)
    {
        Assert.Equal((At(from), At(to)), CutoverWindow.Parse(text).Next(At(now)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sat")]
    [InlineData("25:00-26:00")]
    [InlineData("02:00-04:00 Sat")]
    [InlineData("Europe/Berlin 02:00-04:00")]
    [InlineData("02:00")]
    [InlineData("02:00-04:00 Europe/Berlin UTC")]
    public void Anything_else_is_refused_with_an_example(string text) =>
        Assert.Contains("Sat 02:00-04:00 Europe/Berlin", Assert.Throws<FormatException>(() => CutoverWindow.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_window_that_closes_when_it_opens_is_refused() =>
        Assert.Contains("is empty", Assert.Throws<FormatException>(() => CutoverWindow.Parse("02:00-02:00")).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_time_zone_is_named()
    {
        var error = Assert.Throws<FormatException>(() => CutoverWindow.Parse("02:00-04:00 Europe/Berln"));
        Assert.Contains("no time zone \"Europe/Berln\"", error.Message, StringComparison.Ordinal);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
