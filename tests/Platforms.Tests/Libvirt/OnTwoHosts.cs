using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Libvirt;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>Tests that make guests on the lab's two hosts, and leave none.</summary>
public abstract partial class OnTwoHosts(TwoHosts lab) : IAsyncLifetime
{
    private readonly List<string> _guests = [];

    /// <summary>Of the guest's root file system on its disk (lab/two-hosts.sh).</summary>
    private const int RootOffset = 83_968 * 512;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected TwoHosts Lab => lab;

    private protected LibvirtSite Dc1 { get; } = lab.Open(TwoHosts.Dc1);

    private protected LibvirtSite Dc2 { get; } = lab.Open(TwoHosts.Dc2);

    private protected Book Both => new(Dc1, Dc2);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in _guests)
        {
            await TwoHosts.ForgetAsync(guest);
        }

        await Dc1.DisposeAsync();
        await Dc2.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A new guest on dc1 that is off, and is removed after the test wherever it is by then.</summary>
    private protected Task FreshAsync(string name, params string[] options)
    {
        Forget(name);
        return TwoHosts.FreshGuestAsync(name, options);
    }

    /// <summary>Removes a guest after the test, wherever it is by then.</summary>
    private protected void Forget(string name) => _guests.Add(name);

    /// <summary>A new guest on dc1 that has booted.</summary>
    private protected async Task<Vm> BootedAsync(string name)
    {
        await FreshAsync(name);
        await lab.VirshAsync(TwoHosts.Dc1, "start", name);
        var vm = Assert.Single(await Dc1.FindByNameAsync(name, Cancel));
        await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        return vm;
    }

    private protected static MigrationSpec Spec(string vm) => new()
    {
        Vm = new VmReference(TwoHosts.Dc1, vm, null),
        Target = new TargetSpec(TwoHosts.Dc2, null, TwoHosts.Pool, ImmutableDictionary<string, string>.Empty, null),
    };

    /// <summary>A tick is on the disk when the next one is printed.</summary>
    private protected static async Task<int> TicksAsync(Site site, string vmId, int more)
    {
        var first = Ticks(await ConsoleAsync(site, vmId, "LAB-TICK"));
        while (true)
        {
            var last = Ticks(await ConsoleAsync(site, vmId, "LAB-TICK"));
            if (last >= first + more)
            {
                return last - 1;
            }

            await Task.Delay(200, Cancel);
        }
    }

    /// <summary>What a guest that is off has logged on its disk: a line for each write that it acknowledged.</summary>
    private protected static async Task<HashSet<string>> LogAsync(string image)
    {
        var raw = Path.Combine(TwoHosts.Folder, $"{Path.GetFileName(image)}.raw");
        try
        {
            await TwoHosts.RunAsync("qemu-img", ["convert", "-O", "raw", image, raw]);
            return (await TwoHosts.RunAsync("debugfs", ["-R", "cat /data/ticks.log", $"{raw}?offset={RootOffset}"])).Split('\n').ToHashSet(StringComparer.Ordinal);
        }
        finally
        {
            File.Delete(raw);
        }
    }

    /// <summary>A preview that nothing stands against.</summary>
    private protected static async Task<Preflight> PassAsync(MigrationSpec spec, SiteBook sites, bool removal = false, RunEvents? events = null)
    {
        var before = await PreflightRunner.RunPatientlyAsync(spec, null, sites, removal, PreflightRunner.RunPatience, TimeProvider.System, events ?? RunEvents.None, Cancel);
        Assert.False(before.IsBlocked, string.Join(" ", before.Findings.Select(finding => finding.Message)));
        return before;
    }

    private protected static Task<string> ConsoleAsync(Site site, string vmId, string until) => TwoHosts.ConsoleAsync(site, vmId, until, Cancel);

    /// <summary>The last tick that a console shows.</summary>
    private protected static int Ticks(string console) => int.Parse(TickForm().Matches(console)[^1].Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"LAB-TICK (\d+)")]
    private static partial Regex TickForm();
}
