using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>Two states of one declaration, as two CI jobs have them, on two real hosts.</summary>
[Collection(Lab.Name)]
public sealed class HostTwoRunsTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    /// <summary>So slow that the first run is at its copy for longer than another one takes on a busy machine to preview and to see a lease renewed (15 s).</summary>
    private const string Slow = "bandwidth = \"384 KiB/s\"";

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task Of_two_runs_at_once_one_works_and_the_other_says_who_holds_the_migration_since_when()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var one = new Declaration(lab) { Provider = Slow };
        using var other = new Declaration(lab) { Provider = Slow };
        Terraform.Outcome? refused = null;
        (await one.ApplyAndAsync("copy disks (", async _ => refused = await other.ApplyAsync())).Succeeded();
        refused!.Failed("Another run drives this migration", "process ", "since ", "UTC", "Nothing was changed by this run");
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        (await other.ApplyAsync()).Succeeded();
        Assert.Equal("CutOver", (string?)other.Attributes!["phase"]);
        (await one.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        Report.Line("host two runs", ("worked", 1), ("refused", 1));
    }

    [Fact(Timeout = Limit, Explicit = true)]
    public async Task A_holder_that_stands_still_is_ended_when_its_lease_is_over_and_the_other_run_finishes()
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var one = new Declaration(lab) { Provider = Slow };
        using var other = new Declaration(lab);
        var late = await one.ApplyAndAsync("copy disks (", async _ =>
        {
            var held = await one.ProvidersAsync();
            await Declaration.SignalAsync("STOP", held);
            (await other.ApplyAsync()).Succeeded();
            Assert.Contains($"process {Assert.Single(held)}", other.Log, StringComparison.Ordinal);
            Assert.Contains("(kill -9)", other.Log, StringComparison.Ordinal);
            await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
            Assert.Empty(await one.ProvidersAsync());
        });
        late.Failed();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc2);
        (await other.DestroyAsync()).Succeeded();
        await Lab.AssertAtHomeAsync(lab);
        Report.Line("host late holder", ("takenOver", 1), ("ended", 1));
    }
}
