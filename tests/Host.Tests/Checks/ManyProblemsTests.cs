using Grpc.Core;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;
using VmMigrate.Host.Tests.Pulumi;
using VmMigrate.Host.Tests.Terraform;

namespace VmMigrate.Host.Tests.Checks;

/// <summary>A VM with nearly everything against it: one preview says all of it, through both engines, what nobody can waive first.</summary>
public sealed class ManyProblemsTests
{
    private const int Limit = 60_000;

    /// <summary>Errors that no waiver helps against, then those that one does; each in the order of the catalogue.</summary>
    private static readonly string[] Errors =
    [
        "map.network.complete", "capacity.storage.free", "cpu.arch", "firmware.machine-type", "net.mac.unique", "crypt.vm-encryption",
        "firmware.nvram", "disk.shared", "disk.rdm", "dev.pci-passthrough", "crypt.tpm.present",
    ];

    private static readonly string[] Warnings = ["os.supported", "snapshot.present"];

    [Fact(Timeout = Limit)]
    public async Task Pulumi_previews_all_findings_at_once()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var engine = await FakeEngine.StartAsync(cancellation);
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        var client = served.Client;
        await client.HandshakeAsync(new ProviderHandshakeRequest { EngineAddress = engine.Address, ConfigureWithUrn = true }, cancellationToken: cancellation);
        await client.ConfigureAsync(new ConfigureRequest { Args = StructWriter.Write(Config("pulumi"), Unknowns.Keep), AcceptSecrets = true }, cancellationToken: cancellation);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.CreateAsync(
            new CreateRequest { Urn = "urn:pulumi:dev::shop::vmmigrate:index:Migration::mess", Properties = StructWriter.Write(Inputs, Unknowns.Keep), Preview = true }, cancellationToken: cancellation));

        InOrder(error.Status.Detail, Errors);
        var said = string.Join("\n", engine.Kept);
        Assert.All(Warnings, id => Assert.Contains(id, said, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task Terraform_previews_all_findings_at_once()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        var schema = new TerraformSchema(provider.Model);
        using var log = new MemoryStream();
        var redactor = new SecretRedactor();
        using var service = new TerraformService(provider, TimeProvider.System, new PluginLog(log, TimeProvider.System, redactor), redactor);
        var context = new ServiceCalls.CallContext();
        var configured = await service.ConfigureProvider(new ConfigureProvider.Types.Request { Config = ServiceCalls.Write(Config("terraform"), schema.Provider) }, context);
        Assert.Empty(configured.Diagnostics);

        var shape = schema.Resources[ServiceCalls.Type].Shape;
        var plan = await service.PlanResourceChange(
            new PlanResourceChange.Types.Request
            {
                TypeName = ServiceCalls.Type,
                PriorState = ServiceCalls.Write(Value.Null, shape),
                ProposedNewState = ServiceCalls.Write(Inputs, shape),
                Config = ServiceCalls.Write(Inputs, shape),
            },
            context);

        InOrder(string.Join("\n", ServiceCalls.Errors(plan.Diagnostics)), Errors);
        var warnings = string.Join("\n", plan.Diagnostics.Where(one => one.Severity == Diagnostic.Types.Severity.Warning).Select(one => one.Summary + one.Detail));
        Assert.All(Warnings, id => Assert.Contains(id, warnings, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task A_waived_finding_is_a_note_with_its_reason_and_what_is_impossible_stays()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        provider.Configure(Config("waived").With("policy", Value.Map(("storageSlack", Value.Number(20)))));
        var until = DateTime.UtcNow.AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        MapValue Waive(string code) => Value.Map(("code", Value.Text(code)), ("reason", Value.Text("accepted in change 4711")), ("until", Value.Text(until)));
        var resource = provider.Resources["Migration"];

        var plan = await resource.PlanAsync(
            new PlanCall("urn:1", "dc1/mess", null, null, Inputs.With("waive", Value.List([Waive("disk.shared"), Waive("cpu.arch")]))), TestContext.Current.CancellationToken);

        var shared = Assert.Single(plan.Findings, finding => finding.Id == "disk.shared");
        Assert.Equal((Engine.Checks.Severity.Note, "urn:1"), (shared.Severity, shared.Waived!.By));
        Assert.Equal(Engine.Checks.Severity.Error, Assert.Single(plan.Findings, finding => finding.Id == "cpu.arch").Severity);
        Assert.Single(plan.Findings, finding => finding.Id == "waiver.refused");
    }

    [Theory]
    [InlineData("facts", "guest.bitlockr", "on", "input.unknown-fact")]
    [InlineData("facts", "link", "fast", "input.malformed-fact")]
    [InlineData("cutover", "window", "Sat 02:00", "input.malformed-window")]
    [InlineData("rollback", "to", "yesterday", "input.malformed-date")]
    public async Task Texts_that_cannot_be_read_are_refused_at_check(string field, string name, string text, string id)
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);

        var findings = provider.Resources["Migration"].Check(Inputs.With(field, Value.Map((name, Value.Text(text)))));

        Assert.Equal(id, Assert.Single(findings).Id);
    }

    [Fact]
    public async Task A_waiver_needs_a_day_and_a_reason_that_says_something()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);

        var findings = provider.Resources["Migration"].Check(Inputs.With(
            "waive", Value.List([Value.Map(("code", Value.Text("disk.shared")), ("reason", Value.Text("ok")), ("until", Value.Text("next year")))])));

        Assert.Equal(["input.malformed-date", "input.too-short"], findings.Select(finding => finding.Id));
    }

    private static MapValue Inputs => Value.Map(
        ("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text("mess")))),
        ("target", Value.Map(("site", Value.Text("dc2")))));

    /// <param name="world">A name of its own, since worlds in memory outlive a test.</param>
    private static MapValue Config(string world) => Value.Map(("sites", Value.Map(
        ("dc1", Simulator(
            ("world", Value.Text(world)),
            ("diskData", Value.Text("2GiB")),
            ("networks", Texts("legacy")),
            ("hosts", Value.List([Value.Map(("name", Value.Text("old")), ("architecture", Value.Text("aarch64")))])),
            ("machines", Value.List([Value.Map(
                ("name", Value.Text("mess")),
                ("architecture", Value.Text("aarch64")),
                ("firmware", Value.Text("Uefi")),
                ("secureBoot", Value.Bool(true)),
                ("tpm", Value.Bool(true)),
                ("specialDevices", Texts("hostdev-pci")),
                ("disks", Texts("4GiB")),
                ("encryptedDisks", Value.Bool(true)),
                ("snapshots", Value.Number(3)),
                ("macs", Texts("52:54:00:AA:BB:CC")),
                ("guest", Value.Map(("os", Value.Text("plan9 4")))),
                ("facts", Value.Map(("disk.rdm@vda", Value.Text("physical")), ("disk.shared@vda", Value.Text("true")))))])))),
        ("dc2", Simulator(
            ("world", Value.Text(world)),
            ("pools", Value.List([Value.Map(("name", Value.Text("tiny")), ("capacity", Value.Text("1GiB")))])),
            ("networks", Texts("default")),
            ("facts", Value.Map(("host.machines", Value.Text("sim-pc-1")))),
            ("machines", Value.List([Value.Map(("name", Value.Text("twin")), ("disks", Texts("1MiB")), ("macs", Texts("52:54:00:AA:BB:CC")))])))))));

    private static MapValue Simulator(params (string Key, Value Value)[] block) => Value.Map(("simulator", Value.Map(block)));

    private static Value Texts(params string[] texts) => Value.List([.. texts.Select(Value.Text)]);

    private static void InOrder(string text, IEnumerable<string> ids)
    {
        var places = ids.Select(id => (id, at: text.IndexOf(id, StringComparison.Ordinal))).ToList();
        Assert.All(places, place => Assert.True(place.at >= 0, $"{place.id} is not in:\n{text}"));
        Assert.Equal(places.OrderBy(place => place.at).Select(place => place.id), places.Select(place => place.id));
    }
}
