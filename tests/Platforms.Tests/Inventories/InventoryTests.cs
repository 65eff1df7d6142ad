using System.Collections.Immutable;
using System.Reflection;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Inventories;

public sealed class InventoryTests
{
    [Fact]
    public void Every_ability_of_a_site_is_passed_on()
    {
        var missing = typeof(Site).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(method => method is { IsVirtual: true, IsFinal: false } && method.DeclaringType == typeof(Site))
            .Where(method => typeof(InventorySite).GetMethod(method.Name, [.. method.GetParameters().Select(parameter => parameter.ParameterType)])!.DeclaringType != typeof(InventorySite))
            .Select(method => method.Name);
        Assert.Empty(missing);
    }

    [Fact(Timeout = 60_000)]
    public async Task Many_previews_fetch_each_inventory_once_and_change_nothing()
    {
        var (time, world, book) = Estate(50);
        await time.RunAsync(async () =>
        {
            await foreach (var vm in book.Find("dc1")!.ListAsync(CancellationToken.None))
            {
                var preflight = await PreflightRunner.RunAsync(Spec(vm.Name), null, book, false, time, RunEvents.None, CancellationToken.None);
                Assert.Equal(PlanKind.Move, preflight.Plan!.Kind);
            }
        });
        foreach (var site in new[] { "dc1", "dc2" })
        {
            var calls = world.Calls.Where(call => call.Site == site).ToLookup(call => call.Name);
            Assert.Single(calls["List"]);
            Assert.Single(calls["Describe"]);
            Assert.Empty(calls["FindStamped"]);
            Assert.Empty(calls["FindStampedDisks"]);
        }

        Assert.Equal(50, world.Calls.Count(call => call.Name == "Inspect"));
        Assert.DoesNotContain(world.Calls, call => call.Writes);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_change_through_the_site_and_one_that_is_told_are_seen_at_once()
    {
        var (time, _, book) = Estate(2);
        await time.RunAsync(async () =>
        {
            var site = (InventorySite)book.Find("dc1")!;
            var vm = await First(site);
            Assert.Empty(await site.FindStampedAsync("vmm-0123456789abcdef", CancellationToken.None));
            await site.EnsureStampAsync(vm, new Stamp("vmm-0123456789abcdef", StampRole.Source), CancellationToken.None);
            Assert.Single(await site.FindStampedAsync("vmm-0123456789abcdef", CancellationToken.None));
            await site.Fresh.EnsureStampAsync(vm, null, CancellationToken.None);
            book.Forget();
            Assert.Empty(await site.FindStampedAsync("vmm-0123456789abcdef", CancellationToken.None));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task What_somebody_else_changes_is_seen_when_the_inventory_is_old_and_a_missing_VM_is_looked_for_again()
    {
        var (time, world, book) = Estate(2);
        await time.RunAsync(async () =>
        {
            var site = (InventorySite)book.Find("dc1")!;
            var vm = await First(site);
            await site.Fresh.EnsureStampAsync(vm, new Stamp("vmm-0123456789abcdef", StampRole.Source), CancellationToken.None);
            Assert.Empty(await site.FindStampedAsync("vmm-0123456789abcdef", CancellationToken.None));
            await Task.Delay(InventorySite.MostAge + TimeSpan.FromSeconds(1), time);
            Assert.Single(await site.FindStampedAsync("vmm-0123456789abcdef", CancellationToken.None));

            Assert.Empty(await site.FindByNameAsync("late-01", CancellationToken.None));
            world.ByHand.Create("dc1", new MachineOptions { Name = "late-01", Disks = [1 << 20] });
            await Task.Delay(InventorySite.MissAge + TimeSpan.FromSeconds(1), time);
            Assert.Single(await site.FindByNameAsync("late-01", CancellationToken.None));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task Those_who_ask_how_things_are_now_share_a_list_of_the_last_seconds_only_and_never_one_from_before_a_change_of_ours()
    {
        var (time, world, book) = Estate(2);
        await time.RunAsync(async () =>
        {
            const string Id = "vmm-0123456789abcdef";
            var (now, site) = (book.Recent.Find("dc1")!, (InventorySite)book.Find("dc1")!);
            var vm = await First(site);
            Assert.Empty(await now.FindStampedAsync(Id, CancellationToken.None));
            Assert.Empty(await now.FindStampedAsync(Id, CancellationToken.None));
            Assert.Equal(2, world.Calls.Count(call => call is { Site: "dc1", Name: "List" }));

            await site.Fresh.EnsureStampAsync(vm, new Stamp(Id, StampRole.Source), CancellationToken.None);
            await Task.Delay(InventorySite.MissAge + TimeSpan.FromMilliseconds(1), time);
            Assert.Single(await now.FindStampedAsync(Id, CancellationToken.None));
            Assert.Empty(await site.FindStampedAsync(Id, CancellationToken.None));

            await site.Fresh.EnsureStampAsync(vm, null, CancellationToken.None);
            book.Forget();
            Assert.Empty(await now.FindStampedAsync(Id, CancellationToken.None));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_read_that_failed_is_not_remembered_and_a_cancel_is_only_the_callers_own()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var book = new InventoryBook(
            new Book(world.Open("dc1", new SiteOptions { Vms = 3, Faults = [new Fault { Kind = FaultKind.Refuse, Call = "Describe", Nth = 1 }] }, null, time)), time);
        await time.RunAsync(async () =>
        {
            var site = book.Find("dc1")!;
            await Assert.ThrowsAsync<PlatformException>(() => site.DescribeAsync(CancellationToken.None));
            Assert.Equal(3, (await site.DescribeAsync(CancellationToken.None)).Vms.Length);
            using var gone = new CancellationTokenSource();
            await gone.CancelAsync();
            book.Forget();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => site.DescribeAsync(gone.Token));
            Assert.Equal(3, (await site.DescribeAsync(CancellationToken.None)).Vms.Length);
        });
    }

    private static (SimulatedTime Time, SimulatedWorld World, InventoryBook Book) Estate(int vms)
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        return (time, world, new InventoryBook(
            new Book(world.Open("dc1", new SiteOptions { Vms = vms }, null, time), world.Open("dc2", new SiteOptions { Hosts = [new HostOptions { Name = "big", Cpus = 4096, MemoryBytes = 64L << 40 }] }, null, time)), time));
    }

    private static MigrationSpec Spec(string vm) => new()
    {
        Vm = new VmReference("dc1", vm, null),
        Target = new TargetSpec("dc2", null, "fast", ImmutableDictionary<string, string>.Empty, null),
    };

    private static async Task<string> First(Site site)
    {
        await foreach (var vm in site.ListAsync(CancellationToken.None))
        {
            return vm.Id;
        }

        throw new InvalidOperationException("There is no VM.");
    }
}
