using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Tests.Contracts;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>The contract on two real libvirt hosts.</summary>
[Collection(TwoHostsTests.Name)]
public sealed class LibvirtSiteTests(TwoHosts lab) : SiteContract
{
    private readonly LibvirtSite _dc1 = lab.Open(TwoHosts.Dc1);
    private readonly LibvirtSite _dc2 = lab.Open(TwoHosts.Dc2);

    protected override Site Home => _dc1;

    protected override Site Away => _dc2;

    protected override string Pool => TwoHosts.Pool;

    protected override Site OpenHomeAgain() => lab.Open(TwoHosts.Dc1);

    protected override Task SeedAsync(string name) => TwoHosts.FreshGuestAsync(name);

    protected override Task ForgetAsync(string name) => TwoHosts.ForgetAsync(name);

    /// <summary>A guest with an empty disk: its BIOS finds nothing to boot and waits for ever.</summary>
    protected override async Task SeedDeafAsync(string name)
    {
        await TwoHosts.FreshGuestAsync(name);
        await lab.VirshAsync(TwoHosts.Dc1, "vol-delete", $"{name}.qcow2", "--pool", TwoHosts.Pool);
        await lab.VirshAsync(TwoHosts.Dc1, "vol-create-as", TwoHosts.Pool, $"{name}.qcow2", "8M", "--format", "qcow2");
        await lab.VirshAsync(TwoHosts.Dc1, "start", name);
    }

    protected override Task UntilUpAsync(Site site, string vmId) => TwoHosts.ConsoleAsync(site, vmId, "LAB-READY", Cancel);

    protected override async Task<string?> StartByHandAsync(Site site, string vmName)
    {
        try
        {
            await lab.VirshAsync(site.Name, "start", vmName);
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>The disk's source put back, as somebody would who wants the VM to run.</summary>
    protected override async Task DamageFenceAsync(string vmName)
    {
        var definition = XElement.Parse(await lab.VirshAsync(TwoHosts.Dc1, "dumpxml", "--inactive", vmName));
        definition.Element("devices")!.Element("disk")!.Element("source")!.SetAttributeValue("file", $"{lab.Images(TwoHosts.Dc1)}/{vmName}.qcow2");
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, definition.ToString(), Cancel);
        await lab.VirshAsync(TwoHosts.Dc1, "define", file);
        File.Delete(file);
    }

    protected override Task<string> DumpAsync(string vmName) => lab.VirshAsync(TwoHosts.Dc1, "dumpxml", "--inactive", "--security-info", vmName);

    protected override Task SetAutostartAsync(string vmName, bool on) => lab.VirshAsync(TwoHosts.Dc1, on ? ["autostart", vmName] : ["autostart", "--disable", vmName]);

    protected override Task<bool> ExistsAsync(string location) => Task.FromResult(File.Exists(location));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _dc1.DisposeAsync();
        await _dc2.DisposeAsync();
    }
}
