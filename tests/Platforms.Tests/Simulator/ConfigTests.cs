using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms.Simulator;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Tests.Simulator;

public sealed class ConfigTests
{
    private static readonly SimulatorPlatform Platform = new();

    [Fact(Timeout = 30_000)]
    public async Task A_block_makes_the_site_that_it_describes()
    {
        var block = Value.Map(
            ("world", Value.Text(nameof(A_block_makes_the_site_that_it_describes))),
            ("vms", Value.Number(2)),
            ("diskSize", Value.Text("50GiB")),
            ("pools", Value.List([Value.Map(("name", Value.Text("ssd")), ("capacity", Value.Text("1TiB")))])),
            ("networks", Value.List([Value.Text("lan")])),
            ("guest", Value.Map(("os", Value.Text("plan9")), ("boot", Value.Text("0s")))),
            ("machines", Value.List([Value.Map(("name", Value.Text("odd")), ("cpus", Value.Number(7)), ("tpm", Value.Bool(true)), ("disks", Value.List([Value.Text("3GiB"), Value.Text("4GiB")])))])));

        await using var site = Platform.Open("dc1", block, TimeProvider.System);
        var facts = await site.DescribeAsync(TestWorld.Cancellation);
        var odd = (await site.FindByNameAsync("odd", TestWorld.Cancellation)).Single();

        Assert.Equal(3, facts.Vms.Length);
        Assert.Equal("ssd", facts.Pools.Single().Name);
        Assert.Equal("lan", odd.Nics.Single().Network.Value);
        Assert.Equal([3L << 30, 4L << 30], odd.Disks.Select(disk => disk.LengthBytes.Value));
        Assert.Equal((7, true, "plan9", PowerState.Running), (odd.Cpus.Value, odd.Tpm.Value, odd.GuestOs.Value, odd.Power));
        SimulatedWorld.Forget(nameof(A_block_makes_the_site_that_it_describes));
    }

    [Fact]
    public void Every_default_in_the_schema_is_what_an_empty_block_gives()
    {
        var filled = SimulatorConfig.Read(WithDefaults(SimulatorSchema.Site));
        var fault = SimulatorConfig.Read(Value.Map(("faults", Value.List([WithDefaults(SimulatorSchema.Fault).With("kind", Value.Text("Lie"))])))).Faults[0];
        var machine = SimulatorConfig.Read(Value.Map(("machines", Value.List([WithDefaults(SimulatorSchema.Machine).With("name", Value.Text("m"))])))).Machines[0];
        var guest = SimulatorConfig.Read(Value.Map(("guest", WithDefaults(SimulatorSchema.Guest)))).Guest;

        Assert.Equal(Worlds(new SiteOptions()), Worlds(filled));
        Assert.Equal(new Fault { Kind = FaultKind.Lie }, fault);
        Assert.Equal(new MachineOptions { Name = "m" } with { Disks = machine.Disks, Networks = machine.Networks, SpecialDevices = machine.SpecialDevices }, machine);
        Assert.Equal([20L << 30], machine.Disks);
        Assert.Equal(new SiteOptions().Guest, guest);
    }

    [Theory]
    [InlineData("vms", -1.0, "input.out-of-range", "at.vms")]
    [InlineData("oddities", 1.5, "input.out-of-range", "at.oddities")]
    public void A_number_out_of_range_is_named(string field, double number, string id, string path)
    {
        var finding = Platform.Check(Value.Map((field, Value.Number(number))), PropertyPath.Of("at")).Single();

        Assert.Equal((id, path), (finding.Id, finding.At.ToString()));
    }

    [Fact]
    public void A_kill_needs_a_folder_and_a_machine_a_pool_that_is_there()
    {
        var kill = Value.List([Value.Map(("kind", Value.Text("Kill")))]);
        var machines = Value.List([Value.Map(("name", Value.Text("a")), ("pool", Value.Text("none"))), Value.Map(("name", Value.Text("a")))]);

        var findings = Platform.Check(Value.Map(("faults", kill), ("machines", machines)), PropertyPath.Root).Select(finding => (finding.Id, finding.At.ToString()));
        var settled = Platform.Check(Value.Map(("faults", kill), ("state", Value.Text("/somewhere"))), PropertyPath.Root);

        Assert.Equal(
            [("input.simulator-kill-without-state", "faults[0].kind"), ("input.unknown-name", "machines[0].pool"), ("input.duplicate-name", "machines[1].name")],
            findings);
        Assert.Empty(settled);
    }

    private static MapValue WithDefaults(ObjectType type) =>
        Value.Map(type.Fields.Where(field => field.Default is not null).Select(field => KeyValuePair.Create(field.Name, field.Default!)));

    private static string Worlds(SiteOptions options) => Platforms.Simulator.Worlds.Turn.OptionsText(options);
}
