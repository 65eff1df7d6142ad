namespace VmMigrate.EndToEnd.Tests;

/// <summary>Cases of a long table, so that it can be run in pieces: VMMIGRATE_TORTURE_CASES="Cold, link" leaves those that hold one of these words.</summary>
internal static class Chosen
{
    private static readonly string[] Words = (Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_CASES") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    internal static TheoryData<string, string, T> Of<T>((string Mode, string Step, T What)[] cases)
    {
        var data = new TheoryData<string, string, T>();
        foreach (var (mode, step, what) in cases.Where(one => Words.Length == 0 || Words.Any(word => $"{one.Mode} {one.Step} {one.What}".Contains(word, StringComparison.OrdinalIgnoreCase))))
        {
            data.Add(mode, step, what);
        }

        return data;
    }
}
