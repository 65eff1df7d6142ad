using System.Globalization;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>
/// Cases of a long table, so that it can be run in pieces: VMMIGRATE_TORTURE_CASES="Cold, link" leaves those that hold one of these words, VMMIGRATE_TORTURE_LANE=1/2 every second one from the second on,
/// and those that an earlier piece has done are left out.
/// </summary>
internal static class Chosen
{
    private static readonly string[] Words = (Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_CASES") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static readonly int[] Lane = [.. (Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_LANE") ?? "0/1").Split('/').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];

    /// <param name="told">What the line of a case says, by which it is known again.</param>
    internal static TheoryData<string, string, T> Of<T>(string row, (string Mode, string Step, T What)[] cases, Func<(string Mode, string Step, T What), (string, string)[]> told)
    {
        var data = new TheoryData<string, string, T>();
        foreach (var (mode, step, what) in cases
            .Where(one => Words.Length == 0 || Words.Any(word => $"{one.Mode} {one.Step} {one.What}".Contains(word, StringComparison.OrdinalIgnoreCase)))
            .Where((_, number) => number % Lane[1] == Lane[0])
            .Where(one => !Report.Has(row, told(one))))
        {
            data.Add(mode, step, what);
        }

        return data;
    }
}
