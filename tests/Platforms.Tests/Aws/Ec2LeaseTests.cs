using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>Leases on EC2 between runs that share nothing, and where EC2 shows things late.</summary>
public sealed class Ec2LeaseTests
{
    private const int Limit = 60_000;
    private const string Id = "vmm-00000000000000aa";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_renewal_leaves_no_moment_in_which_a_stranger_could_take_the_lease()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var mine = ec2.Open("mine");
        await using var theirs = ec2.Open("theirs");
        var lease = NewLease("mine");
        Assert.True(await mine.TrySetLeaseAsync(Id, null, lease, Cancel));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var tries = 0;
        var stranger = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    Assert.False(await theirs.TrySetLeaseAsync(Id, null, NewLease("theirs"), Cancel));
                    tries++;
                }
            },
            Cancel);

        for (var renewal = 0; renewal < 50 || Volatile.Read(ref tries) < 10; renewal++)
        {
            lease = lease with { Until = lease.Until.AddSeconds(15) };
            Assert.True(await mine.TrySetLeaseAsync(Id, lease.Token, lease, Cancel));
        }

        await over.CancelAsync();
        await stranger;
        Assert.Equal(lease, await theirs.FindLeaseAsync(Id, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task Of_runs_that_share_nothing_one_takes_over_and_the_late_holder_is_refused()
    {
        await using var ec2 = await Ec2World.StartAsync();
        ec2.World.Faults.HiddenReads = 3;
        var sites = Enumerable.Range(0, 4).Select(number => ec2.Open($"run{number}")).ToArray();
        await using var late = ec2.Open("late");
        var first = NewLease(new string('h', 249) + "\U0001F600" + new string('i', 300));
        Assert.True(await late.TrySetLeaseAsync(Id, null, first, Cancel));
        Assert.Equal(first, await sites[0].FindLeaseAsync(Id, Cancel));

        var leases = sites.Select(site => NewLease(site.Name)).ToArray();
        var got = await Task.WhenAll(sites.Select((site, number) => Task.Run(() => site.TrySetLeaseAsync(Id, first.Token, leases[number], Cancel), Cancel)));

        Assert.Single(got, true);
        Assert.Equal(leases[Array.IndexOf(got, true)], await late.FindLeaseAsync(Id, Cancel));
        Assert.False(await late.TrySetLeaseAsync(Id, first.Token, first with { Until = first.Until.AddSeconds(15) }, Cancel));
        Assert.False(await late.TrySetLeaseAsync(Id, first.Token, null, Cancel));
        Assert.Single(ec2.World.Templates);
        foreach (var site in sites)
        {
            await site.DisposeAsync();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_lease_that_EC2_does_not_show_for_a_moment_is_not_lost()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2");
        var lease = NewLease("mine");
        Assert.True(await site.TrySetLeaseAsync(Id, null, lease, Cancel));

        ec2.World.Templates[0].Hidden = 3;

        Assert.Equal(lease, await site.FindLeaseAsync(Id, Cancel));
        Assert.Equal(0, ec2.World.Templates[0].Hidden);
    }

    [Fact(Timeout = Limit)]
    public async Task A_template_whose_tags_were_edited_is_nobodys_to_take_and_named()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2");
        Assert.True(await site.TrySetLeaseAsync(Id, null, NewLease("mine"), Cancel));
        ec2.World.Templates[0].Tags.Remove("vmmigrate:lease.token");

        var failure = await Assert.ThrowsAsync<PlatformException>(() => site.FindLeaseAsync(Id, Cancel));

        Assert.Contains(ec2.World.Templates[0].Id, failure.Message, StringComparison.Ordinal);
        Assert.False(await site.TrySetLeaseAsync(Id, null, NewLease("theirs"), Cancel));
    }

    private static Lease NewLease(string holder) => new(Id, Guid.NewGuid(), holder, "boot/pid/1/2", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddMinutes(1));
}
