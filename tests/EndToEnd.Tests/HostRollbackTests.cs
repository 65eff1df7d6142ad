using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>What a guest wrote at the target, and said that it did, is there after the way back: by the guest's own log.</summary>
[Collection(Lab.Name)]
public sealed class HostRollbackTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    [Theory(Timeout = Limit, Explicit = true)]
    [InlineData("Cold")]
    [InlineData("Warm")]
    [InlineData("Live")]
    public async Task A_rollback_after_60_s_of_writes_at_the_target_loses_no_acknowledged_write(string mode)
    {
        await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
        using var declaration = new Declaration(lab) { More = $"mode = \"{mode}\"" };
        (await declaration.ApplyAsync()).Succeeded();
        await Lab.AssertRunsOnlyAtAsync(lab, TwoHosts.Dc2);
        await Task.Delay(TimeSpan.FromSeconds(60));
        var acknowledged = await GuestLog.AcknowledgedAsync(lab, TwoHosts.Dc2);
        Assert.True(acknowledged.Count > 30, $"only {acknowledged.Count} writes in 60 s");

        declaration.More = $"mode = \"{mode}\"\ngoal = \"Validated\"";
        (await declaration.ApplyAsync()).Succeeded();

        await Lab.AssertAtHomeAsync(lab);
        await GuestLog.AssertWholeAsync(lab, TwoHosts.Dc1);
        var lost = acknowledged.Except(await GuestLog.ReadAsync(lab, TwoHosts.Dc1)).ToList();
        Report.Line("host rollback", ("mode", mode), ("acknowledged", acknowledged.Count), ("lost", lost.Count));
        Assert.Empty(lost);
        (await declaration.DestroyAsync()).Succeeded();
    }
}
