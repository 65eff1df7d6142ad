using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

[Collection(TwoHostsTests.Name)]
public sealed class PreviewReadsOnlyTests(TwoHosts lab)
{
    [Fact(Timeout = 180_000)]
    public async Task What_virsh_shows_of_both_hosts_is_the_same_before_and_after_a_preview()
    {
        await TwoHosts.FreshGuestAsync("looked-at", "--start", "--wait");
        try
        {
            await using var dc1 = lab.Open(TwoHosts.Dc1);
            await using var dc2 = lab.Open(TwoHosts.Dc2);
            var before = await ShownAsync();
            foreach (var book in new SiteBook[] { new Book(dc1, dc2), new InventoryBook(new Book(dc1, dc2), TimeProvider.System) })
            {
                foreach (var goal in Enum.GetValues<MigrationGoal>())
                {
                    var spec = new MigrationSpec
                    {
                        Vm = new VmReference(TwoHosts.Dc1, "looked-at", null),
                        Target = new TargetSpec(TwoHosts.Dc2, null, TwoHosts.Pool, ImmutableDictionary<string, string>.Empty, null),
                        Goal = goal,
                    };
                    var preflight = await PreflightRunner.RunAsync(spec, null, book, false, TimeProvider.System, RunEvents.None, TestContext.Current.CancellationToken);
                    Assert.NotNull(preflight.Plan);
                    await PreflightRunner.RunAsync(spec, null, book, true, TimeProvider.System, RunEvents.None, TestContext.Current.CancellationToken);
                }
            }

            Assert.Equal(before, await ShownAsync());
        }
        finally
        {
            await TwoHosts.ForgetAsync("looked-at");
        }
    }

    private async Task<string> ShownAsync()
    {
        var shown = new List<string>();
        foreach (var host in new[] { TwoHosts.Dc1, TwoHosts.Dc2 })
        {
            shown.Add(await lab.VirshAsync(host, "list", "--all"));
            shown.Add(await lab.VirshAsync(host, "pool-list", "--all"));
            shown.Add(await lab.VirshAsync(host, "vol-list", TwoHosts.Pool));
            shown.Add(await lab.VirshAsync(host, "net-list", "--all"));
            foreach (var name in (await lab.VirshAsync(host, "list", "--all", "--name")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                shown.Add(await lab.VirshAsync(host, "dumpxml", name));
                shown.Add(await lab.VirshAsync(host, "dumpxml", "--inactive", name));
                shown.Add(await lab.VirshAsync(host, "snapshot-list", name));
                shown.Add(await lab.VirshAsync(host, "checkpoint-list", name));
            }
        }

        return string.Join('\n', shown);
    }
}
