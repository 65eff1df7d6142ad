using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>Random histories against the rules: some at every test run, all of them by `make torture`.</summary>
public sealed class HistoryTests
{
    private const int Few = 60;

    [Fact(Timeout = 7_200_000)]
    public async Task Random_histories_keep_the_rules()
    {
        var (first, count) = (Number("VMMIGRATE_TORTURE_SEED") ?? Number("VMMIGRATE_TORTURE_FIRST") ?? 1, Number("VMMIGRATE_TORTURE_SEED") is null ? Number("VMMIGRATE_TORTURE_HISTORIES") ?? Few : 1);
        var failures = new ConcurrentBag<string>();
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = TestContext.Current.CancellationToken },
            async (seed, _) =>
            {
                try
                {
                    await History.RunAsync(seed);
                }
                catch (RuleBrokenException e)
                {
                    failures.Add(e.Message);
                }
            });
        Report.Line("histories", ("histories", count), ("violations", failures.Count), ("hostsDied", History.HostsDied), ("seconds", Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 1)));
        var seeds = string.Join(' ', failures.Select(text => text.Split(' ', ':')[1]).Order(StringComparer.Ordinal));
        Assert.True(failures.IsEmpty, $"{failures.Count} of {count} histories broke a rule: {seeds}.\n\n{string.Join("\n\n", failures.OrderBy(text => text.Length).Take(3))}");
    }

    internal static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
