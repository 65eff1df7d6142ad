using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// A vCenter with its hosts, or one bare ESXi host. This file: what there is. Power, fence, disks and the target's role are in the other parts.
/// </summary>
/// <remarks>
/// A VM's id is its instance UUID, which is unique in a vCenter and stays when the VM is registered anew; where that is not known (a host that does not
/// answer), the value of its reference, such as <c>vm-42</c>. Stamps, fences and marks are options of its extraConfig.
/// </remarks>
internal sealed partial class VSphereSite : Site
{
    internal const string Key = "vsphere";

    /// <summary>How long the account of hosts, datastores and networks counts as fresh. One run of checks asks for it many times.</summary>
    private static readonly TimeSpan InventoryAge = TimeSpan.FromSeconds(5);

    private readonly VimClient _client;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reading = new(1, 1);
    /// <summary>All VMs with all that facts need, for listing again and again.</summary>
    private readonly VimView _vms;
    /// <summary>Where VMs were found, by their ids: asked again before it is believed.</summary>
    private readonly ConcurrentDictionary<string, MoRef> _references = new(StringComparer.Ordinal);

    private Inventory? _inventory;
    private long _inventoryRead;

    internal VSphereSite(string name, VSphereAddress address, TimeProvider time)
        : base(name)
    {
        Address = address;
        _time = time;
        _client = new VimClient(name, address, time);
        _vms = new VimView(_client, "VirtualMachine", VmFacts.Paths);
        _estate = new(LookAtEstateAsync);
        _folders = new(LookAtFoldersAsync);
        _autostarts = new(async cancellation => await AutostartsAsync(await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false));
    }

    internal VSphereAddress Address { get; }

    internal VimClient Client => _client;

    public override string Platform => Key;

    public override string Where => Address.Server;

    public override Capabilities Capabilities => new() { TakesFrom = ["libvirt"], ChangedBlockTracking = true, TakesWholeDisks = true, WhyNoTestBoot = null, LiveFamily = Key };

    public override async Task<SiteFacts> DescribeAsync(CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var estate = await _estate.GetAsync(cancellation).ConfigureAwait(false);
        return inventory.Describe(Name, estate.Names, estate.Macs);
    }

    /// <summary>By name; also by inventory path (<c>/DC0/vm/web/web-01</c>), reference (<c>vm-42</c>) or instance UUID.</summary>
    public override async Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation)
    {
        var what = $"looking for VM {name}";
        IReadOnlyCollection<MoRef> found;
        if (ReferenceForm().IsMatch(name) && await ExistsAsync(MoRef.Vm(name), cancellation).ConfigureAwait(false))
        {
            found = [MoRef.Vm(name)];
        }
        else if (Guid.TryParseExact(name, "D", out _))
        {
            found = await SearchAsync(what, "FindByUuid", cancellation, El("uuid", name), El("vmSearch", true), El("instanceUuid", true)).ConfigureAwait(false);
        }
        else if (name.StartsWith('/'))
        {
            found = await SearchAsync(what, "FindByInventoryPath", cancellation, El("inventoryPath", name)).ConfigureAwait(false);
        }
        else
        {
            var named = (await _estate.GetAsync(cancellation).ConfigureAwait(false)).ByName[name].ToList();
            return [.. (await ReadVmsAsync(what, named, cancellation).ConfigureAwait(false)).Where(vm => vm.Name == name)];
        }

        return await ReadVmsAsync(what, found, cancellation).ConfigureAwait(false);
    }

    public override async Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) =>
        await FindAsync(vmId, cancellation).ConfigureAwait(false) is { } vm
            ? (await FactsAsync([vm], cancellation).ConfigureAwait(false))[0]
            : null;

    public override async IAsyncEnumerable<Vm> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var autostart = await _autostarts.GetAsync(cancellation).ConfigureAwait(false);
        var estate = await _estate.GetAsync(cancellation).ConfigureAwait(false);
        foreach (var vm in estate.Vms.Select(vm => VmFacts.Read(vm, inventory, autostart, null, Address.EnableChangeTracking, estate.OthersWith)).OrderBy(vm => vm.Name, StringComparer.Ordinal))
        {
            yield return vm;
        }
    }

    public override async Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation)
    {
        var what = $"looking for VMs of migration {migrationId}";
        var ours = (await _estate.GetAsync(cancellation).ConfigureAwait(false)).ByStamp[migrationId].ToList();
        return [.. (await ReadVmsAsync(what, ours, cancellation).ConfigureAwait(false)).Where(vm => vm.Stamp?.MigrationId == migrationId)];
    }

    public override async Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var changes = ExtraConfig.ChangesTo(stamp, ExtraConfig.Read(vm["config.extraConfig"]));
        if (!changes.IsEmpty)
        {
            await ReconfigureAsync($"vSphere could not write on VM {NameOf(vm)}", vm, cancellation, [.. ExtraConfig.Options(changes)]).ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _vms.DisposeAsync().ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        _reading.Dispose();
        _exporting.Dispose();
    }

    // --- Reading ---

    private PlatformException No(PlatformErrorKind kind, string message) => new(kind, Name, message);

    /// <summary>The VM's name as people know it, for messages.</summary>
    private static string NameOf(VimObject vm) => Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]))?.Name ?? Names.Decode(vm.Text("name") ?? vm.Ref.Value);

    private Task<VimObject?> FindAsync(string vmId, CancellationToken cancellation) => FindAsync(vmId, VmFacts.Paths, cancellation);

    private async Task<VimObject?> FindAsync(string vmId, string[] paths, CancellationToken cancellation)
    {
        var what = $"inspecting VM {vmId}";
        if (_references.TryGetValue(vmId, out var known))
        {
            var seen = await _client.ReadOneAsync(what, known, [.. paths.Union(["config.instanceUuid"])], cancellation).ConfigureAwait(false);
            if (seen is not null && VmFacts.IdOf(seen) == vmId)
            {
                return seen;
            }

            _references.TryRemove(vmId, out _);
        }

        var found = ReferenceForm().IsMatch(vmId)
            ? MoRef.Vm(vmId)
            : (await SearchAsync(what, "FindByUuid", cancellation, El("uuid", vmId), El("vmSearch", true), El("instanceUuid", true)).ConfigureAwait(false)).Cast<MoRef?>().FirstOrDefault();
        if (found is not { } reference || await _client.ReadOneAsync(what, reference, [.. paths.Union(["config.instanceUuid"])], cancellation).ConfigureAwait(false) is not { } vm)
        {
            return null;
        }

        _references[vmId] = reference;
        return vm;
    }

    private async Task<VimObject> RequireAsync(string vmId, CancellationToken cancellation) =>
        await FindAsync(vmId, cancellation).ConfigureAwait(false) ?? throw No(PlatformErrorKind.NotFound, $"site {Name} has no VM {vmId}");

    private async Task<bool> ExistsAsync(MoRef vm, CancellationToken cancellation) =>
        await _client.ReadOneAsync($"looking for VM {vm.Value}", vm, ["name"], cancellation).ConfigureAwait(false) is not null;

    private async Task<IReadOnlyCollection<MoRef>> SearchAsync(string what, string method, CancellationToken cancellation, params XElement[] arguments)
    {
        var index = (await _client.ContentAsync(cancellation).ConfigureAwait(false)).Manager("searchIndex")
            ?? throw No(PlatformErrorKind.Unsupported, $"{what}: site {Name} has no search index");
        var reply = await _client.ReadAsync(what, index, method, cancellation, [.. arguments]).ConfigureAwait(false);
        return reply.RefAt("returnval") is { Type: "VirtualMachine" } found ? [found] : [];
    }

    private async Task<ImmutableArray<Vm>> ReadVmsAsync(string what, IReadOnlyCollection<MoRef> found, CancellationToken cancellation)
    {
        var vms = await _client.ReadAsync(what, found, VmFacts.Paths, cancellation).ConfigureAwait(false);
        return [.. (await FactsAsync(vms, cancellation).ConfigureAwait(false)).OrderBy(vm => vm.Name, StringComparer.Ordinal)];
    }

    private async Task<ImmutableArray<Vm>> FactsAsync(IReadOnlyList<VimObject> vms, CancellationToken cancellation)
    {
        if (vms.Count == 0)
        {
            return [];
        }

        var inventory = await InventoryOfAsync(vms, cancellation).ConfigureAwait(false);
        var autostart = await _autostarts.GetAsync(cancellation).ConfigureAwait(false);
        var estate = await RecentEstateAsync(cancellation).ConfigureAwait(false);
        var facts = ImmutableArray.CreateBuilder<Vm>(vms.Count);
        foreach (var vm in vms)
        {
            facts.Add(VmFacts.Read(vm, inventory, autostart, await BusyAsync(vm, cancellation).ConfigureAwait(false), Address.EnableChangeTracking, estate.OthersWith));
        }

        return facts.MoveToImmutable();
    }

    /// <summary>The inventory as it was lately, or anew where these VMs stand in a place that is newer.</summary>
    private async Task<Inventory> InventoryOfAsync(IReadOnlyList<VimObject> vms, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        return vms.All(vm => inventory.Find(vm.RefOf("parent")) is not null || vm.RefOf("parent") is null)
            ? inventory
            : await FreshInventoryAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false);
    }

    private async Task<Inventory> FreshInventoryAsync(TimeSpan age, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_inventory is null || _time.GetElapsedTime(_inventoryRead) >= age)
            {
                _inventory = await Inventory.ReadAsync(_client, cancellation).ConfigureAwait(false);
                _inventoryRead = _time.GetTimestamp();
            }

            return _inventory;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>The task that holds the VM now; empty when none does.</summary>
    private async Task<string> BusyAsync(VimObject vm, CancellationToken cancellation)
    {
        var busy = (await RecentTasksAsync(vm, cancellation).ConfigureAwait(false)).Select(task => task["info"]).FirstOrDefault(info => info.Text("state") is "running" or "queued");
        return busy is null ? "" : $"task {busy.Text("descriptionId") ?? busy.Text("name")} ({busy.Text("state")}{(busy.Text("progress") is { } percent ? $", {percent} %" : "")})";
    }

    /// <summary>The newest tasks of a VM with their <c>info</c>; those that the server has forgotten are left out.</summary>
    private Task<IReadOnlyList<VimObject>> RecentTasksAsync(VimObject vm, CancellationToken cancellation) =>
        _client.ReadAsync($"looking at the tasks of VM {vm.Text("name")}", vm["recentTask"]?.Elements().Select(MoRef.Of).ToList() ?? [], ["info"], cancellation);

    // --- Changing ---

    /// <summary>Changes a VM's configuration. Of a template only name and notes can be changed, so a fenced VM is one again for that moment; it is off all the while.</summary>
    private async Task ReconfigureAsync(string what, VimObject vm, CancellationToken cancellation, params XElement[] changes)
    {
        var fence = Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]));
        var reopen = vm.Flag("config.template") == true && fence is { AsTemplate: true };
        if (reopen)
        {
            await UnmarkTemplateAsync(what, vm, fence!, cancellation).ConfigureAwait(false);
        }

        try
        {
            await _client.RunTaskAsync(what, vm.Ref, "ReconfigVM_Task", cancellation, El("spec", changes)).ConfigureAwait(false);
        }
        finally
        {
            if (reopen)
            {
                await _client.ChangeAsync(what, vm.Ref, "MarkAsTemplate", CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    [GeneratedRegex("^(vm-)?[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex ReferenceForm();
}
