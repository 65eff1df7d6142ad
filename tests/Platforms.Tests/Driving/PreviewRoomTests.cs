using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Tests.Simulator;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Preview counts what the whole run takes, and does not judge what has arrived.</summary>
public sealed class PreviewRoomTests
{
    private const int Limit = 60_000;
    private const long MiB = 1L << 20;

    [Fact(Timeout = Limit)]
    public async Task Each_preview_sees_the_room_that_the_others_of_the_run_leave()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var run = new EngineRun(world, Source("a", "b", "c"), Target(12 * MiB));

        await time.RunAsync(async () =>
        {
            var first = await run.PreviewAsync(EngineRun.Declare("a"));
            var second = await run.PreviewAsync(EngineRun.Declare("b"));
            var again = await run.PreviewAsync(EngineRun.Declare("a"));

            Assert.False(first.IsBlocked, string.Join('\n', first.Findings));
            var full = Assert.Single(second.Findings, finding => finding.Id == "capacity.storage.free");
            Assert.Equal(Severity.Error, full.Severity);
            Assert.Contains("other migrations of this run take", full.Message, StringComparison.Ordinal);
            Assert.False(again.IsBlocked);
        });
    }

    [Fact(Timeout = Limit)]
    public async Task A_finished_move_is_not_judged_again_and_takes_nothing_of_the_next_ones()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var run = new EngineRun(world, Source("a"), Target(1L << 40));

        await time.RunAsync(async () =>
        {
            await run.SucceedAsync(EngineRun.Declare("a"));

            var preflight = await run.PreviewAsync(EngineRun.Declare("a"));

            // Its own name, address and memory are at the target now.
            Assert.Empty(preflight.Findings);
            Assert.Empty(preflight.NotJudged);
        });
    }

    [Fact(Timeout = Limit)]
    public async Task A_site_that_does_not_answer_and_a_name_that_is_not_there_are_findings()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var fault = new Fault { Kind = FaultKind.Refuse, Call = "Describe", Error = PlatformErrorKind.Unreachable, Times = 0 };
        var silent = new EngineRun(new SimulatedWorld(time), Source("a"), Target(1L << 40) with { Faults = [fault] });
        var denied = new EngineRun(new SimulatedWorld(time), Source("a"), Target(1L << 40) with { Faults = [fault with { Error = PlatformErrorKind.Denied }] });
        var run = new EngineRun(world, Source("web-01"), Target(1L << 40));

        await time.RunAsync(async () =>
        {
            Assert.Contains((await silent.PreviewAsync(EngineRun.Declare("a"))).Findings, finding => finding.Id == "access.site.reach");
            Assert.Contains((await denied.PreviewAsync(EngineRun.Declare("a"))).Findings, finding => finding.Id == "access.target.auth");
            var missing = Assert.Single((await run.PreviewAsync(EngineRun.Declare("web-02"))).Findings, finding => finding.Id == "request.vm.unique");
            Assert.Contains("Did you mean \"web-01\"?", missing.Message, StringComparison.Ordinal);
        });
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_preview_cannot_see_is_in_one_finding_and_in_the_list()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var run = new EngineRun(world, Source("a"), Target(1L << 40));

        await time.RunAsync(async () =>
        {
            var preflight = await run.PreviewAsync(EngineRun.Declare("a"));

            Assert.Contains(preflight.NotJudged, skipped => skipped.Check.Id == "cpu.pinning");
            Assert.Equal(Severity.Note, Assert.Single(preflight.Findings, finding => finding.Id == "facts.unknown").Severity);
        });
    }

    [Fact(Timeout = Limit)]
    public async Task Declared_facts_thresholds_and_waivers_reach_the_checks()
    {
        var time = new SimulatedTime();
        var world = new SimulatedWorld(time);
        var run = new EngineRun(world, Source("a"), Target(1L << 40));
        var spec = EngineRun.Declare("a") with
        {
            Facts = FactSet.Parse([KeyValuePair.Create("plan.backupAge", "2h"), KeyValuePair.Create("vm.pciDevices", "x")], FactKeys.FindDeclared, "user"),
            Policy = Policy.Default.With(PolicyKeys.BackupAge, 3600),
            Waivers = [new Waiver("backup.recent", null, "restored from the archive", DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), "Ada")],
        };

        await time.RunAsync(async () =>
        {
            var preflight = await run.PreviewAsync(spec);

            Assert.False(preflight.IsBlocked, string.Join('\n', preflight.Findings));
            Assert.Equal("Ada", Assert.Single(preflight.Findings, finding => finding.Id == "backup.recent").Waived!.By);
            // The platform tells its devices, so what is declared of them does not count.
            Assert.DoesNotContain(preflight.Findings, finding => finding.Id == "dev.pci-passthrough");
        });
    }

    private static SiteOptions Source(params string[] names) => new()
    {
        DataBytes = 8 * MiB,
        Machines = [.. names.Select(name => new MachineOptions { Name = name, Disks = [16 * MiB] })],
    };

    private static SiteOptions Target(long capacity) => new() { Pools = [new PoolOptions { Name = "p", CapacityBytes = capacity }] };
}
