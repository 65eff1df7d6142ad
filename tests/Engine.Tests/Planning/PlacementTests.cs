using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Tests;

namespace VmMigrate.Engine.Tests.Planning;

public sealed class PlacementTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public void The_fullest_host_with_room_is_taken_and_the_choice_explained()
    {
        var to = Site(Host("a", free: 60), Host("b", free: 20), Host("c", free: 4));

        var (placement, _, _) = Place(new ReservationBook(), "1", Machine("web", memory: 8), to);

        Assert.Equal("b", placement.Host);
        Assert.Contains("host b is the fullest of 2 with room", placement.Why, StringComparison.Ordinal);
        Assert.Contains("c lacks 4 GiB of memory", placement.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_others_of_the_run_take_is_not_free()
    {
        var (book, to) = (new ReservationBook(), Site(Host("a", free: 20), Host("b", free: 10)));

        var hosts = Enumerable.Range(1, 4).Select(number => Place(book, $"{number}", Machine($"web-{number}", memory: 6), to).Placement.Host).ToList();

        Assert.Equal(["b", "a", "a", "a"], hosts);
        // No host has room for one more; the checks then say so about the one with most of it.
        var last = Place(book, "5", Machine("web-5", memory: 6), to);
        Assert.Equal(("b", 6 * GiB), (last.Placement.Host, last.Others.MemoryBytes));
    }

    [Fact]
    public void A_pool_is_chosen_by_what_is_left_after_all()
    {
        var (book, to) = (new ReservationBook(), Site(Host("a", free: 100)) with { Pools = [Pool("p", 100), Pool("q", 80)] });

        var pools = Enumerable.Range(1, 3).Select(number => Place(book, $"{number}", Machine($"web-{number}", disk: 30), to).Placement.Pool).ToList();

        Assert.Equal(["p", "q", "p"], pools);
    }

    [Fact]
    public void A_busy_VM_gets_fast_media_and_a_quiet_one_leaves_them()
    {
        var to = Site(Host("a", free: 100)) with { Pools = [Pool("slow", 100, "hdd"), Pool("fast", 50, "ssd")] };
        var busy = Machine("db") with { Observed = FactSet.Empty.With(VmFact.Iops, 5000) };
        var quiet = Machine("web") with { Observed = FactSet.Empty.With(VmFact.Iops, 50) };

        Assert.Equal("fast", Place(new ReservationBook(), "1", busy, to).Placement.Pool);
        Assert.Equal("slow", Place(new ReservationBook(), "1", quiet, to).Placement.Pool);
    }

    [Fact]
    public void VMs_that_are_to_be_kept_apart_get_hosts_of_their_own()
    {
        var (book, to) = (new ReservationBook(), Site(Host("a", free: 100), Host("b", free: 100)));
        Place(book, "1", Machine("db-1"), to);

        var second = Place(book, "2", Machine("db-2") with { Observed = FactSet.Empty.With(VmFact.KeepApart, ["db-1"]) }, to);

        Assert.Equal("b", second.Placement.Host);
        Assert.Contains("a is where db-1 goes", second.Placement.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_is_out_of_order_or_of_another_architecture_is_left_out()
    {
        var to = Site(
            Host("a", free: 10) with { Observed = FactSet.Empty.With(HostFact.State, "maintenance") }, Host("b", free: 20) with { Architecture = Fact.Known("aarch64") }, Host("c", free: 100));

        Assert.Equal("c", Place(new ReservationBook(), "1", Machine("web"), to).Placement.Host);
    }

    [Fact]
    public void Placing_again_takes_the_place_of_the_first_and_a_release_frees_it()
    {
        var (book, to) = (new ReservationBook(), Site(Host("a", free: 10)));
        Place(book, "1", Machine("web-1", memory: 6), to);
        Place(book, "1", Machine("web-1", memory: 6), to);

        Assert.Equal(6 * GiB, Place(book, "2", Machine("web-2", memory: 6), to).Others.MemoryBytes);
        book.Release("1");
        Assert.Equal(0, Place(book, "2", Machine("web-2", memory: 6), to).Others.MemoryBytes);
    }

    [Fact]
    public void The_same_name_twice_is_seen_whatever_the_hosts()
    {
        var (book, to) = (new ReservationBook(), Site(Host("a", free: 10), Host("b", free: 10)));
        Place(book, "1", Machine("web", memory: 8), to);

        Assert.Contains("web", Place(book, "2", Machine("web", memory: 8), to).Others.Names);
    }

    [Fact]
    public void What_cannot_be_mapped_is_found()
    {
        var vm = Machine("web") with { Nics = [new Nic { Mac = "52:54:00:00:00:01", Network = Fact.Known("lan") }] };
        var to = Site(Host("a", free: 10)) with { Pools = [Pool("p", 10) with { Active = false }] };

        var found = Place(new ReservationBook(), "1", vm, to).Findings.Select(finding => finding.Id).ToList();
        var declared = Place(
            new ReservationBook(), "1", vm, to, new TargetSpec("there", "z", "y", ImmutableDictionary<string, string>.Empty.Add("lan", "x").Add("wan", "x"), null)).Findings.Select(finding => finding.Id).ToList();

        Assert.Equal(["map.storage.complete", "map.network.complete"], found);
        Assert.Equal(["map.host.exists", "map.network.exists", "map.network.unused", "map.storage.exists"], declared.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_workload_is_the_one_that_is_checked_in() => Golden.Matches(PackingWorkload.File, PackingWorkload.Write(PackingWorkload.Make()));

    [Fact]
    public void Packing_uses_the_target_by_40_percent_better_than_sizes_one_to_one_and_breaks_no_threshold()
    {
        var vms = PackingWorkload.Make();
        var plain = PackingWorkload.OneToOne(vms);

        var packed = PackingWorkload.Pack(vms, plain.Hosts);

        TestContext.Current.TestOutputHelper?.WriteLine($"one to one: {plain}; packed: {packed}; better by {100.0 * plain.Hosts / packed.Hosts - 100:0} %");
        Assert.True(plain.Hosts >= 1.4 * packed.Hosts, $"{packed.Hosts} hosts instead of {plain.Hosts}");
        Assert.True(packed.MostAverage <= PolicyKeys.CpuAverage.Default && packed.MostPeak <= PolicyKeys.CpuPeak.Default, $"{packed}");
        Assert.True(packed.MostMemory <= 100 && packed.MostRatio <= PolicyKeys.VcpuRatio.Default, $"{packed}");
    }

    private static (Placement Placement, ImmutableArray<Finding> Findings, Reserved Others) Place(ReservationBook book, string id, Vm vm, SiteFacts to, TargetSpec? target = null) => book.Place(
        id, new MigrationSpec { Vm = new VmReference("here", vm.Name, null), Target = target ?? new TargetSpec("there", null, null, ImmutableDictionary<string, string>.Empty, null) }, vm, to, Policy.Default, 0);

    private static Vm Machine(string name, long memory = 1, long disk = 1) => new()
    {
        Id = name,
        Name = name,
        Power = PowerState.Running,
        Cpus = Fact.Known(2),
        MemoryBytes = Fact.Known(memory * GiB),
        Architecture = Fact.Known("x86_64"),
        Disks = [new Disk { Name = "vda", Location = "x", LengthBytes = Fact.Known(disk * GiB), AllocatedBytes = Fact.Known(disk * GiB) }],
    };

    private static Hypervisor Host(string name, long free) => new()
    {
        Name = name,
        Cpus = Fact.Known(64),
        MemoryBytes = Fact.Known(128 * GiB),
        FreeMemoryBytes = Fact.Known(free * GiB),
        Architecture = Fact.Known("x86_64"),
    };

    private static StoragePool Pool(string name, long free, string? media = null) => new()
    {
        Name = name,
        Kind = "dir",
        FreeBytes = Fact.Known(free * GiB),
        Observed = media is null ? FactSet.Empty : FactSet.Empty.With(PoolFact.Media, media),
    };

    private static SiteFacts Site(params Hypervisor[] hosts) =>
        new() { Site = "there", Platform = "libvirt", Identity = "there", Hosts = [.. hosts], Pools = [Pool("p", 1000)] };
}
