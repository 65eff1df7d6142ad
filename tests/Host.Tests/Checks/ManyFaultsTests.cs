using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;
using VmMigrate.Host.Tests.Pulumi;
using VmMigrate.Host.Tests.Terraform;

namespace VmMigrate.Host.Tests.Checks;

/// <summary>A declaration with several faults: all are told at once, each at its place, whichever of our rules finds them.</summary>
public sealed class ManyFaultsTests
{
    private const int Limit = 60_000;

    private static readonly string[] Faults = ["mode", "cutover.maxDowntime", "cutover.window", "verify.probes[0].tcp.port", "verify.probes[0].timeout", "waive[0].reason", "waive[0].until", "target.site"];

    private static MapValue Config => Value.Map(("sites", Value.Map(("dc1", Simulator), ("dc2", Simulator))));

    private static MapValue Simulator => Value.Map(("simulator", Value.EmptyMap));

    private static MapValue Good => Value.Map(("vm", Value.Map(("site", Value.Text("dc1")), ("name", Value.Text("web")))), ("target", Value.Map(("site", Value.Text("dc2")))));

    private static MapValue Bad => Good
        .With("target", Value.Map(("site", Value.Text("dc3"))))
        .With("mode", Value.Text("Tepid"))
        .With("cutover", Value.Map(("maxDowntime", Value.Text("soon")), ("window", Value.Text("some night"))))
        .With("verify", Value.Map(("probes", Value.List([Value.Map(("tcp", Value.Map(("port", Value.Number(70_000)))), ("timeout", Value.Text("long")))]))))
        .With("waive", Value.List([Value.Map(("code", Value.Text("bw.sustained")), ("reason", Value.Text("no")), ("until", Value.Text("some day")))]));

    [Fact(Timeout = Limit)]
    public async Task Pulumi_tells_all_of_them()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        await served.Client.ConfigureAsync(new ConfigureRequest { Args = StructWriter.Write(Config, Unknowns.Keep), AcceptSecrets = true }, cancellationToken: cancellation);

        var response = await served.Client.CheckAsync(
            new CheckRequest { Urn = "urn:pulumi:dev::shop::vmmigrate:index:Migration::web", News = StructWriter.Write(Bad, Unknowns.Keep) }, cancellationToken: cancellation);

        Assert.Equal(Faults.Order(StringComparer.Ordinal), response.Failures.Select(failure => failure.Property).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Terraform_tells_all_of_them()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        provider.Configure(Config);
        var schema = new TerraformSchema(provider.Model);
        using var log = new MemoryStream();
        var redactor = new SecretRedactor();
        using var service = new TerraformService(provider, TimeProvider.System, new PluginLog(log, TimeProvider.System, redactor), redactor);
        var context = new ServiceCalls.CallContext();
        await service.ConfigureProvider(new ConfigureProvider.Types.Request { Config = ServiceCalls.Write(Config, schema.Provider) }, context);

        var response = await service.ValidateResourceConfig(
            new ValidateResourceConfig.Types.Request { TypeName = ServiceCalls.Type, Config = ServiceCalls.Write(Bad, schema.Resources[ServiceCalls.Type].Shape) }, context);

        var said = string.Join('\n', ServiceCalls.Errors(response.Diagnostics));
        Assert.All(
            ["At mode ", "At cutover.max_downtime", "At cutover.window", "At verify.probes[0].tcp.port", "At verify.probes[0].timeout", "At waive[0].reason", "At waive[0].until", "At target.site"],
            at => Assert.Contains(at, said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_config_with_faults_of_several_kinds_tells_all_of_them()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        var libvirt = Value.Map(("uri", Value.Text("http://kvm1")), ("relay", Value.Number(5)));
        var vsphere = Value.Map(("server", Value.Text("user:secret@vc1")), ("thumbprint", Value.Text("12:34")), ("enableChangeTracking", Value.Text("perhaps")));
        var (_, findings) = provider.CheckConfig(Value.Map(
            ("bandwidth", Value.Text("fast")), ("linkPatience", Value.Text("long")),
            ("sites", Value.Map(("kvm", Value.Map(("libvirt", libvirt))), ("vc", Value.Map(("vsphere", vsphere)))))));
        Assert.Equal(
            [
                "bandwidth", "linkPatience", "sites.kvm.libvirt.relay", "sites.kvm.libvirt.uri", "sites.vc.vsphere", "sites.vc.vsphere.enableChangeTracking", "sites.vc.vsphere.server",
                "sites.vc.vsphere.thumbprint",
            ],
            findings.Select(finding => finding.At.ToString()).Order(StringComparer.Ordinal));
    }

    /// <summary>Our rules look at declarations that have another shape than the schema says: that must not throw.</summary>
    [Fact]
    public async Task No_value_of_another_shape_is_a_bug_of_ours_wherever_it_stands()
    {
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        var tried = 0;
        foreach (var field in provider.Model.ConfigObject.Fields)
        {
            foreach (var value in Odd(field.Type))
            {
                provider.CheckConfig(Config.With(field.Name, value));
                tried++;
            }
        }

        provider.Configure(Config);
        var migration = provider.Resources["Migration"];
        foreach (var field in migration.Type.Inputs)
        {
            foreach (var value in Odd(field.Type))
            {
                var (inputs, findings) = InputCheck.Run(migration.Type.InputObject, Good.With(field.Name, value), "Migration");
                InputCheck.With(findings, migration.Check(inputs));
                tried++;
            }
        }

        Assert.True(tried > 1000, $"{tried} tried");
    }

    private static IEnumerable<Value> Odd(FieldType type)
    {
        Value[] anything =
        [
            Value.Text("nonsense"), Value.Text(""), Value.Number(-1.5), Value.Number(1e300), Value.Bool(true), Value.List([]), Value.List([Value.Null, Value.Number(1)]), Value.EmptyMap, Value.Map(("odd", Value.Null)),
            Value.Unknown, Value.Secret(Value.Text("hidden")),
        ];
        return anything.Concat(type switch
        {
            ObjectRef { Type: var inner } => inner.Fields.SelectMany(field => Odd(field.Type).Select(value => (Value)Value.Map((field.Name, value)))),
            ListType { Item: var item } => Odd(item).Select(value => Value.List([value])),
            MapType { Item: var item } => Odd(item).Select(value => (Value)Value.Map(("some", value))),
            _ => [],
        });
    }
}
