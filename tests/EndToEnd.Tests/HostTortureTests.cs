using System.Diagnostics;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What takes too long for every test run: kills of the provider at each step on real hosts, by `make torture`.</summary>
[Collection(Lab.Name)]
public sealed class HostTortureTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    public static TheoryData<string, string, int> Kills() => Chosen.Of(
        "host kill",
    [
        ("Cold", "stamp source", 0),
        ("Cold", "create disks", 0),
        ("Cold", "stop VM", 0),
        ("Cold", "fence source", 0),
        ("Cold", "copy disks", 0),
        ("Cold", "define VM", 0),
        ("Cold", "start VM", 0),
        ("Cold", "prove", 0),
        ("Warm", "stamp source", 0),
        ("Warm", "create disks", 0),
        ("Warm", "replicate", 0),
        ("Warm", "replicate", 2),
        ("Warm", "stop VM", 0),
        ("Warm", "fence source", 0),
        ("Warm", "last round", 0),
        ("Warm", "define VM", 0),
        ("Warm", "start VM", 0),
        ("Warm", "prove", 0),
        ("Live", "stamp source", 0),
        ("Live", "create disks", 0),
        ("Live", "move live", 0),
        ("Live", "move live", 2),
        ("Live", "compare disks", 0),
        ("Live", "prove", 0),
    ],
        one => [("mode", one.Mode), ("step", Told(one.Step, one.What))]);

    private static string Told(string step, int laterSeconds) => laterSeconds > 0 ? $"{step}, amid it" : step;

    [Theory(Timeout = Limit, Explicit = true, SkipTestWithoutData = true)]
    [MemberData(nameof(Kills))]
    public async Task A_provider_that_is_killed_at_any_step_is_followed_by_one_that_finishes(string mode, string step, int laterSeconds)
    {
        var (since, continued) = (Stopwatch.GetTimestamp(), false);
        try
        {
            await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
            using var declaration = new Declaration(lab) { More = $"mode = \"{mode}\"", Provider = "bandwidth = \"8 MiB/s\"" };
            var killed = await declaration.ApplyAndSignalAsync($"{step} (", "KILL", TimeSpan.FromSeconds(laterSeconds));
            Assert.True(killed.ExitCode != 0, killed.Text);
            declaration.Provider = "";
            await declaration.MoveThereAndBackAsync();
            continued = true;
        }
        finally
        {
            Report.Line("host kill", ("mode", mode), ("step", Told(step, laterSeconds)), ("continued", continued), ("seconds", Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds)));
        }
    }
}
