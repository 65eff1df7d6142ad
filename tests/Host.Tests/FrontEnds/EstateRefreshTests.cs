using System.Globalization;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;
using VmMigrate.Host.Tests.Pulumi;
using VmMigrate.Host.Tests.Terraform;
using VmMigrate.Platforms.Tests.VSphere;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Host.Tests.Pulumi.Wire;
using V = VmMigrate.Engine.Values.Value;

namespace VmMigrate.Host.Tests.FrontEnds;

/// <summary>A refresh of many declarations at vCenters, by either engine's calls: what concerns all VMs is read together, and what a hand has changed is seen at once.</summary>
public sealed class EstateRefreshTests
{
    private const int Vms = 40;

    /// <summary>As Terraform does.</summary>
    private const int AtOnce = 10;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("Pulumi")]
    [InlineData("Terraform")]
    public async Task Many_refreshes_share_what_they_read_of_all_VMs_and_see_each_VM_as_it_is_now(string engine)
    {
        await using var home = await Vcsim.StartAsync("-vms", Vms.ToString(CultureInfo.InvariantCulture));
        await using var away = await Vcsim.StartAsync();
        await using var vc1 = home.Open("vc1");
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        using var terraform = new TerraformCalls(provider);
        if (engine == "Pulumi")
        {
            await served.Client.ConfigureAsync(new ConfigureRequest { Args = Map(("sites", Of(("vc1", PulumiSite(home)), ("vc2", PulumiSite(away))))), AcceptSecrets = true }, cancellationToken: Cancel);
        }
        else
        {
            await terraform.ConfigureAsync(V.Map(("sites", V.Map(("vc1", TerraformSite(home)), ("vc2", TerraformSite(away))))));
        }

        Task<(string? Phase, string? Power)> RefreshAsync(string name) => engine == "Pulumi" ? ByPulumiAsync(served, name) : terraform.RefreshAsync(name);
        var names = Enumerable.Range(0, Vms).Select(number => string.Create(CultureInfo.InvariantCulture, $"DC0_C0_RP0_VM{number}")).ToList();

        await Parallel.ForEachAsync(
            names, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancel },
            async (name, _) => Assert.Equal(("Validated", "Off"), await RefreshAsync(name)));

        // Each look at all datastores is one task for each of them; refreshes that do not share look once each.
        Assert.InRange(await away.CallsAsync("SearchDatastore_Task"), 1, Vms / 2);
        var vm = await new VcsimWorld(home, vc1).VmAsync(names[7], Cancel);
        await vc1.Client.RunTaskAsync("by hand", vm.Ref, "PowerOnVM_Task", Cancel);
        Assert.Equal(("Validated", "Running"), await RefreshAsync(names[7]));
        await new VcsimWorld(home, vc1).DeleteVmAsync(names[7], Cancel);
        Assert.Equal((null, null), await RefreshAsync(names[7]));
    }

    private static async Task<(string? Phase, string? Power)> ByPulumiAsync(ServedProvider served, string name)
    {
        var read = await served.Client.ReadAsync(
            new ReadRequest
            {
                Id = $"vc1/{name}",
                Urn = $"urn:pulumi:dev::shop::vmmigrate:index:Migration::{name}",
                Inputs = Map(("vm", Of(("site", Text("vc1")), ("name", Text(name)))), ("target", Of(("site", Text("vc2")))), ("goal", Text("Validated"))),
                Properties = Map(
                    ("vm", Of(("site", Text("vc1")), ("name", Text(name)))), ("target", Of(("site", Text("vc2")))), ("goal", Text("Validated")),
                    ("phase", Text("Validated")), ("placement", Of(("site", Text("vc1"))))),
            },
            cancellationToken: Cancel);
        return read.Id.Length == 0 ? (null, null) : (read.Properties.Fields["phase"].StringValue, read.Properties.Fields["placement"].StructValue.Fields["powerState"].StringValue);
    }

    private static Google.Protobuf.WellKnownTypes.Value PulumiSite(Vcsim vcsim) => Of(("vsphere", Of(
        ("server", Text(vcsim.Url.ToString())), ("user", Text(Vcsim.User)), ("password", Secret(Text(Vcsim.Password))), ("thumbprint", Text(vcsim.Thumbprint)))));

    private static MapValue TerraformSite(Vcsim vcsim) => V.Map(("vsphere", V.Map(
        ("server", V.Text(vcsim.Url.ToString())), ("user", V.Text(Vcsim.User)), ("password", V.Text(Vcsim.Password)), ("thumbprint", V.Text(vcsim.Thumbprint)))));

    private sealed class TerraformCalls : IDisposable
    {
        private readonly TerraformSchema _schema;
        private readonly TerraformService _service;
        private readonly MemoryStream _log = new();
        private readonly ServiceCalls.CallContext _context = new();

        internal TerraformCalls(VmMigrateProvider provider)
        {
            _schema = new TerraformSchema(provider.Model);
            var redactor = new SecretRedactor();
            _service = new TerraformService(provider, TimeProvider.System, new PluginLog(_log, TimeProvider.System, redactor), redactor);
        }

        internal async Task ConfigureAsync(MapValue config) => Assert.Empty(ServiceCalls.Errors(
            (await _service.ConfigureProvider(new ConfigureProvider.Types.Request { Config = ServiceCalls.Write(config, _schema.Provider) }, _context)).Diagnostics));

        internal async Task<(string? Phase, string? Power)> RefreshAsync(string name)
        {
            var state = V.Map(
                ("id", V.Text($"vc1/{name}")), ("vm", V.Map(("site", V.Text("vc1")), ("name", V.Text(name)))), ("target", V.Map(("site", V.Text("vc2")))), ("goal", V.Text("Validated")),
                ("phase", V.Text("Validated")), ("placement", V.Map(("site", V.Text("vc1")))));
            var shape = _schema.Resources[ServiceCalls.Type].Shape;
            var read = await _service.ReadResource(new ReadResource.Types.Request { TypeName = ServiceCalls.Type, CurrentState = ServiceCalls.Write(state, shape) }, _context);
            Assert.Empty(ServiceCalls.Errors(read.Diagnostics));
            var now = TerraformCodec.Read(read.NewState, shape);
            return (now["phase"].AsText, now["placement"]["powerState"].AsText);
        }

        public void Dispose()
        {
            _service.Dispose();
            _log.Dispose();
        }
    }
}
