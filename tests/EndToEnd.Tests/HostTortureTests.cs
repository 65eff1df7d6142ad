using System.Diagnostics;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What takes too long for every test run: kills of the provider at each step on real hosts, by `make torture`.</summary>
[Collection(Lab.Name)]
public sealed class HostTortureTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    [Theory(Timeout = Limit, Explicit = true)]
    [InlineData("Cold", "stamp source")]
    [InlineData("Cold", "create disks")]
    [InlineData("Cold", "stop VM")]
    [InlineData("Cold", "fence source")]
    [InlineData("Cold", "copy disks")]
    [InlineData("Cold", "define VM")]
    [InlineData("Cold", "start VM")]
    [InlineData("Cold", "prove")]
    [InlineData("Warm", "stamp source")]
    [InlineData("Warm", "create disks")]
    [InlineData("Warm", "replicate")]
    [InlineData("Warm", "replicate", 2)]
    [InlineData("Warm", "stop VM")]
    [InlineData("Warm", "fence source")]
    [InlineData("Warm", "last round")]
    [InlineData("Warm", "define VM")]
    [InlineData("Warm", "start VM")]
    [InlineData("Warm", "prove")]
    [InlineData("Live", "stamp source")]
    [InlineData("Live", "create disks")]
    [InlineData("Live", "move live")]
    [InlineData("Live", "move live", 2)]
    [InlineData("Live", "compare disks")]
    [InlineData("Live", "prove")]
    public async Task A_provider_that_is_killed_at_any_step_is_followed_by_one_that_finishes(string mode, string step, int laterSeconds = 0)
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
            Report.Line("host kill", ("mode", mode), ("step", laterSeconds > 0 ? $"{step}, amid it" : step), ("continued", continued), ("seconds", Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds)));
        }
    }
}
