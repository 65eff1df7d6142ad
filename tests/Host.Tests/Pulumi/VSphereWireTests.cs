using VmMigrate.Host.Protos.Pulumi;
using VmMigrate.Host.Resources;
using VmMigrate.Platforms.Tests.VSphere;
using static VmMigrate.Host.Tests.Pulumi.Wire;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>A declared move between two simulated vCenters, in the calls that Pulumi's engine makes.</summary>
public sealed class VSphereWireTests
{
    private const int Limit = 120_000;
    private const string Migration = "urn:pulumi:dev::shop::vmmigrate:index:Migration::app";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_move_between_two_vcenters_is_previewed_made_read_and_taken_back_and_no_password_comes_out()
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        var id = await new VcsimWorld(home, vc1).CreateRunningVmAsync("app-01", VcsimWorld.Content(4 << 20, 7), Cancel);
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        var client = served.Client;
        await client.ConfigureAsync(new ConfigureRequest { Args = Map(("sites", Of(("vc1", SiteOf(home)), ("vc2", SiteOf(away))))), AcceptSecrets = true }, cancellationToken: Cancel);

        var check = await client.CheckAsync(
            new CheckRequest { Urn = Migration, News = Map(("vm", Of(("site", Text("vc1")), ("name", Text("/DC0/vm/app-01")))), ("target", Of(("site", Text("vc2"))))) }, cancellationToken: Cancel);
        Assert.Empty(check.Failures);
        var preview = await client.CreateAsync(new CreateRequest { Urn = Migration, Properties = check.Inputs, Preview = true }, cancellationToken: Cancel);
        Assert.Equal("Running", PowerStateOf(await vc1.InspectAsync(id, Cancel)));

        var made = await client.CreateAsync(new CreateRequest { Urn = Migration, Properties = check.Inputs }, cancellationToken: Cancel);

        Assert.Equal("vc2", made.Properties.Fields["placement"].StructValue.Fields["site"].StringValue);
        Assert.Equal("Running", PowerStateOf(Assert.Single(await vc2.FindByNameAsync("app-01", Cancel))));
        var read = await client.ReadAsync(new ReadRequest { Id = made.Id, Urn = Migration, Inputs = check.Inputs, Properties = made.Properties }, cancellationToken: Cancel);
        Assert.Equal("CutOver", read.Properties.Fields["phase"].StringValue);
        Assert.All(new object[] { check, preview, made, read }, reply => Assert.DoesNotContain(Vcsim.Password, reply.ToString(), StringComparison.Ordinal));

        await client.DeleteAsync(new DeleteRequest { Id = made.Id, Urn = Migration, Properties = read.Properties, OldInputs = check.Inputs }, cancellationToken: Cancel);
        Assert.Empty(await vc2.FindByNameAsync("app-01", Cancel));
        var back = Assert.Single(await vc1.FindByNameAsync("app-01", Cancel));
        Assert.Equal((id, "Running", null), (back.Id, PowerStateOf(back), back.Stamp));
    }

    [Fact(Timeout = Limit)]
    public async Task A_live_move_inside_one_vcenter_is_made_read_without_drift_and_taken_back()
    {
        await using var vcsim = await Vcsim.StartAsync("-guests", "-hosts", "2");
        await using var vc1 = vcsim.Open("vc1");
        var id = await new VcsimWorld(vcsim, vc1).CreateRunningVmAsync("app-02", VcsimWorld.Content(4 << 20, 7), Cancel);
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        var client = served.Client;
        await client.ConfigureAsync(new ConfigureRequest { Args = Map(("sites", Of(("vc1", SiteOf(vcsim))))), AcceptSecrets = true }, cancellationToken: Cancel);
        var inputs = Map(("vm", Of(("site", Text("vc1")), ("name", Text("app-02")))), ("target", Of(("site", Text("vc1")), ("host", Text("DC0_C0_H1")))), ("mode", Text("Live")));
        var check = await client.CheckAsync(new CheckRequest { Urn = Migration, News = inputs }, cancellationToken: Cancel);

        var made = await client.CreateAsync(new CreateRequest { Urn = Migration, Properties = check.Inputs }, cancellationToken: Cancel);

        Assert.Equal("CutOver", made.Properties.Fields["phase"].StringValue);
        Assert.Equal("DC0_C0_H1", made.Properties.Fields["placement"].StructValue.Fields["host"].StringValue);
        var read = await client.ReadAsync(new ReadRequest { Id = made.Id, Urn = Migration, Inputs = check.Inputs, Properties = made.Properties }, cancellationToken: Cancel);
        Assert.Equal("CutOver", read.Properties.Fields["phase"].StringValue);
        Assert.Empty(read.Properties.Fields["drift"].ListValue.Values);
        var diff = await client.DiffAsync(new DiffRequest { Id = made.Id, Urn = Migration, Olds = read.Properties, News = check.Inputs, OldInputs = check.Inputs }, cancellationToken: Cancel);
        Assert.Equal(DiffResponse.Types.DiffChanges.DiffNone, diff.Changes);

        await client.DeleteAsync(new DeleteRequest { Id = made.Id, Urn = Migration, Properties = read.Properties, OldInputs = check.Inputs }, cancellationToken: Cancel);
        var back = Assert.Single(await vc1.FindByNameAsync("app-02", Cancel));
        Assert.Equal((id, "Running", "DC0_C0_H0", null), (back.Id, PowerStateOf(back), back.Host.Value, back.Stamp));
    }

    [Fact(Timeout = Limit)]
    public async Task A_warm_move_copies_changed_areas_and_is_read_without_drift_and_taken_back()
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        var id = await new VcsimWorld(home, vc1).CreateRunningVmAsync("app-03", VcsimWorld.Content(4 << 20, 7), Cancel);
        await using var provider = new VmMigrateProvider(TimeProvider.System);
        await using var served = await ServedProvider.StartAsync(provider);
        var client = served.Client;
        await client.ConfigureAsync(new ConfigureRequest { Args = Map(("sites", Of(("vc1", SiteOf(home)), ("vc2", SiteOf(away))))), AcceptSecrets = true }, cancellationToken: Cancel);
        var inputs = Map(("vm", Of(("site", Text("vc1")), ("name", Text("app-03")))), ("target", Of(("site", Text("vc2")))), ("mode", Text("Warm")));
        var check = await client.CheckAsync(new CheckRequest { Urn = Migration, News = inputs }, cancellationToken: Cancel);
        Assert.Empty(check.Failures);

        var made = await client.CreateAsync(new CreateRequest { Urn = Migration, Properties = check.Inputs }, cancellationToken: Cancel);

        Assert.Equal("CutOver", made.Properties.Fields["phase"].StringValue);
        Assert.True(await home.CallsAsync("QueryChangedDiskAreas") > 0);
        Assert.True(await home.CallsAsync("CreateSnapshot_Task") >= 2);
        Assert.Equal(0, Assert.Single(await vc1.FindByNameAsync("app-03", Cancel)).Snapshots.Value);
        var read = await client.ReadAsync(new ReadRequest { Id = made.Id, Urn = Migration, Inputs = check.Inputs, Properties = made.Properties }, cancellationToken: Cancel);
        Assert.Empty(read.Properties.Fields["drift"].ListValue.Values);

        await client.DeleteAsync(new DeleteRequest { Id = made.Id, Urn = Migration, Properties = read.Properties, OldInputs = check.Inputs }, cancellationToken: Cancel);
        Assert.Empty(await vc2.FindByNameAsync("app-03", Cancel));
        var back = Assert.Single(await vc1.FindByNameAsync("app-03", Cancel));
        Assert.Equal((id, "Running", null), (back.Id, PowerStateOf(back), back.Stamp));
        // What the guest has written at the other vCenter was told by its tracking.
        Assert.True(await away.CallsAsync("QueryChangedDiskAreas") > 0);
    }

    private static string? PowerStateOf(Engine.Facts.Vm? vm) => vm?.Power.ToString();

    private static Google.Protobuf.WellKnownTypes.Value SiteOf(Vcsim vcsim) => Of(("vsphere", Of(
        ("server", Text(vcsim.Url.ToString())), ("user", Text(Vcsim.User)), ("password", Secret(Text(Vcsim.Password))), ("thumbprint", Text(vcsim.Thumbprint)), ("enableChangeTracking", Flag(true)))));
}
