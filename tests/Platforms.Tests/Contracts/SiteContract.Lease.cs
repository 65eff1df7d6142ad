using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Tests.Contracts;

// Leases: compared and swapped in one step.
public abstract partial class SiteContract
{
    [Fact(Timeout = Limit)]
    public async Task A_lease_is_taken_once_renewed_taken_over_by_one_and_given_back()
    {
        Assert.SkipUnless(Home.KeepsLeases, "This platform keeps no leases.");
        var id = $"vmm-{Guid.NewGuid():n}"[..20];
        Assert.Null(await Home.FindLeaseAsync(id, Cancel));

        var first = NewLease(id, "ci-1 \"<&>\", process 7");
        Assert.True(await Home.TrySetLeaseAsync(id, null, first, Cancel));
        Assert.Equal(first, await Home.FindLeaseAsync(id, Cancel));
        Assert.False(await Home.TrySetLeaseAsync(id, null, NewLease(id, "ci-2"), Cancel));
        Assert.False(await Home.TrySetLeaseAsync(id, Guid.NewGuid(), NewLease(id, "ci-2"), Cancel));

        var renewed = first with { Until = first.Until.AddSeconds(15) };
        Assert.True(await Home.TrySetLeaseAsync(id, first.Token, renewed, Cancel));
        Assert.Equal(renewed, await Home.FindLeaseAsync(id, Cancel));

        var second = NewLease(id, "ci-3");
        Assert.True(await Home.TrySetLeaseAsync(id, first.Token, second, Cancel));
        Assert.Equal(second, await Home.FindLeaseAsync(id, Cancel));
        Assert.False(await Home.TrySetLeaseAsync(id, first.Token, renewed with { Until = renewed.Until.AddSeconds(15) }, Cancel));
        Assert.False(await Home.TrySetLeaseAsync(id, first.Token, null, Cancel));
        Assert.Equal(second, await Home.FindLeaseAsync(id, Cancel));

        Assert.True(await Home.TrySetLeaseAsync(id, second.Token, null, Cancel));
        Assert.Null(await Home.FindLeaseAsync(id, Cancel));
        Assert.False(await Home.TrySetLeaseAsync(id, second.Token, second, Cancel));
        Assert.Null(await Home.FindLeaseAsync(id, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task Of_many_that_take_a_lease_at_once_one_gets_it_also_when_they_take_it_over()
    {
        Assert.SkipUnless(Home.KeepsLeases, "This platform keeps no leases.");
        var id = $"vmm-{Guid.NewGuid():n}"[..20];
        Guid? standing = null;
        for (var round = 0; round < 10; round++)
        {
            var leases = Enumerable.Range(0, 8).Select(number => NewLease(id, $"ci-{number}")).ToArray();
            var got = await Task.WhenAll(leases.Select(lease => Task.Run(() => Home.TrySetLeaseAsync(id, standing, lease, Cancel))));
            Assert.Equal(1, got.Count(yes => yes));
            var winner = leases[Array.IndexOf(got, true)];
            Assert.Equal(winner, await Home.FindLeaseAsync(id, Cancel));
            standing = winner.Token;
        }

        Torture.Report.Line("eight takers", ("platform", Home.Platform), ("rounds", 10), ("oneGotIt", 10));

        Assert.True(await Home.TrySetLeaseAsync(id, standing, null, Cancel));
    }

    private static Lease NewLease(string id, string holder)
    {
        var now = DateTimeOffset.UtcNow;
        return new Lease(id, Guid.NewGuid(), holder, "boot/pid/1/2", now, now.AddMinutes(1));
    }
}
