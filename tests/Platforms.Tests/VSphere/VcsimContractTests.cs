using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Tests.Contracts;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>Two simulated vCenters.</summary>
public sealed class TwoVcenters : IAsyncLifetime
{
    internal Vcsim Home { get; private set; } = null!;

    internal Vcsim Away { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Home = await Vcsim.StartAsync();
        Away = await Vcsim.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Home.DisposeAsync();
        await Away.DisposeAsync();
    }
}

/// <summary>The contract of every platform, on real vcsim.</summary>
public sealed class VcsimContractTests : SiteContract, IClassFixture<TwoVcenters>
{
    private readonly TwoVcenters _vcenters;
    private readonly VSphereSite _home;
    private readonly VSphereSite _away;

    public VcsimContractTests(TwoVcenters vcenters)
    {
        _vcenters = vcenters;
        _home = vcenters.Home.Open("vc1");
        _away = vcenters.Away.Open("vc2");
    }

    protected override Site Home => _home;

    protected override Site Away => _away;

    protected override string Pool => _vcenters.Home.Datastore;

    private VcsimWorld ByHand => new(_vcenters.Home, _home);

    private VcsimWorld ByHandAway => new(_vcenters.Away, _away);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    protected override async Task SeedAsync(string name)
    {
        await ForgetAsync(name);
        await ByHand.CreateVmAsync(name, VcsimWorld.Content(4 << 20, name.Length), Cancel, more: VcsimWorld.Guest);
    }

    protected override async Task SeedDeafAsync(string name)
    {
        await ForgetAsync(name);
        await ByHand.CreateVmAsync(name, VcsimWorld.Content(4 << 20, name.Length), Cancel);
        // Without Tools there is nobody who could be asked.
        await ByHand.Client.RunTaskAsync("starting", (await ByHand.VmAsync(name, Cancel)).Ref, "PowerOnVM_Task", Cancel);
    }

    protected override async Task ForgetAsync(string name)
    {
        await ByHand.DeleteVmAsync(name, CancellationToken.None);
        await ByHandAway.DeleteVmAsync(name, CancellationToken.None);
    }

    protected override async Task UntilUpAsync(Site site, string vmId)
    {
        while ((await site.ReadConsoleAsync(vmId, Cancel))?.Contains("login:", StringComparison.Ordinal) != true)
        {
            await Task.Delay(50, Cancel);
        }
    }

    protected override Site OpenHomeAgain() => _vcenters.Home.Open("vc1");

    protected override async Task<string?> StartByHandAsync(Site site, string vmName)
    {
        var vm = await ByHand.VmAsync(vmName, Cancel);
        try
        {
            await ByHand.Client.RunTaskAsync($"starting {vm.Text("name")}", vm.Ref, "PowerOnVM_Task", Cancel);
            return null;
        }
        catch (PlatformException exception)
        {
            return exception.Message;
        }
    }

    protected override async Task DamageFenceAsync(string vmName)
    {
        var vm = await ByHand.VmAsync(vmName, Cancel);
        await ByHand.Client.ChangeAsync(
            "by hand", vm.Ref, "MarkAsVirtualMachine", Cancel, VimXml.Ref("pool", (await Inventory.ReadAsync(ByHand.Client, Cancel)).Find(Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]))!.Pool)!.Ref));
        await ByHand.ReconfigureAsync(vm.Ref, Cancel, VimXml.El("name", vmName));
    }

    protected override async Task<string> DumpAsync(string vmName)
    {
        var vm = await ByHand.VmAsync(vmName, Cancel);
        var options = ExtraConfig.Read(vm["config.extraConfig"]);
        var kept = vm.Properties.Where(property => property.Key is not ("config.extraConfig" or "recentTask" or "layoutEx.file" or "layoutEx.disk" or "snapshot" or "runtime.powerState")
                && !property.Key.StartsWith("guest.", StringComparison.Ordinal)
                && !(property.Key == "config.changeTrackingEnabled" && property.Value.Value == "false"))
            .OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => $"{property.Key}: {Plain(property.Value)}");
        var stamps = ExtraConfig.ChangesTo(null, options).Keys;
        return string.Join('\n', kept.Concat(options.Where(option => !stamps.Contains(option.Key)).Select(option => $"{option.Key} = {option.Value}")));
    }

    /// <summary>Without the change ids, which every snapshot makes anew.</summary>
    private static string Plain(XElement value)
    {
        var copy = new XElement(value);
        copy.Descendants().Where(one => one.Name.LocalName == "changeId").Remove();
        return copy.ToString(SaveOptions.DisableFormatting);
    }

    protected override async Task SetAutostartAsync(string vmName, bool on) => await ByHand.SetAutostartAsync(await ByHand.VmAsync(vmName, Cancel), on, Cancel);

    protected override Task<bool> ExistsAsync(string location) => Task.FromResult(File.Exists(_vcenters.Home.FileOf(location)));
}
