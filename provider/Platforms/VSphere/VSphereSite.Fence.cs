using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// The fence, and which VMs start with their hosts.
internal sealed partial class VSphereSite
{
    private static readonly string[] AutostartParts = ["startOrder", "startDelay", "waitForHeartbeat", "startAction", "stopDelay", "stopAction"];

    public override async Task EnsureFencedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var name = NameOf(vm);
        var what = $"vSphere could not fence VM {name}";
        RequireOff(vm, "fenced");
        var fence = Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]));
        if (fence is not null && fence.MigrationId != migrationId)
        {
            throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is fenced by another migration, {fence.MigrationId}");
        }

        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        var rule = await AutostartRuleAsync(inventory, vm, cancellation).ConfigureAwait(false);
        if (fence is null)
        {
            if (vm.Flag("config.template") == true)
            {
                throw No(PlatformErrorKind.Unsupported, $"{name} at site {Name} is a template already, so it cannot be fenced");
            }

            fence = new Fence
            {
                MigrationId = migrationId,
                Name = Names.Decode(vm.Text("name")!),
                // A VM of a vApp stays in it, and a bare host has no templates.
                AsTemplate = inventory.Content.IsVCenter && vm.RefOf("resourcePool") is not { Type: "VirtualApp" },
                Pool = vm.RefOf("resourcePool"),
                Host = vm.RefOf("runtime.host"),
                AutostartRule = rule,
                Nics = [.. Devices.Of(vm).Nics.Where(nic => nic.Flag("connectable/startConnected") == true).Select(nic => nic.Text("key")!)],
            };
        }

        if (!IsWhole(vm, fence) || rule is not null)
        {
            if (vm.Flag("config.template") != true)
            {
                // One call writes the record and the name together.
                await ReconfigureAsync(
                    what, vm, cancellation, [El("name", Names.Encode(fence.FencedName)), .. fence.AsTemplate ? [] : Plug(vm, fence, false), .. fence.Write()]).ConfigureAwait(false);
                if (rule is not null)
                {
                    await SetAutostartAsync(what, inventory, vm, null, cancellation).ConfigureAwait(false);
                }

                if (fence.AsTemplate)
                {
                    await _client.ChangeAsync(what, vm.Ref, "MarkAsTemplate", cancellation).ConfigureAwait(false);
                }
            }
            else
            {
                await _client.RunTaskAsync(what, vm.Ref, "Rename_Task", cancellation, El("newName", Names.Encode(fence.FencedName))).ConfigureAwait(false);
                if (rule is not null)
                {
                    await SetAutostartAsync(what, inventory, vm, null, cancellation).ConfigureAwait(false);
                }
            }
        }

        // Somebody may have started it while we wrote.
        RequireOff(await RequireAsync(vmId, cancellation).ConfigureAwait(false), "fenced");
    }

    public override async Task EnsureUnfencedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var what = $"vSphere could not lift the fence of VM {NameOf(vm)}";
        if (Fence.Of(ExtraConfig.Read(vm["config.extraConfig"])) is not { } fence || fence.MigrationId != migrationId)
        {
            if (Fence.IsNameOf(vm.Text("name") ?? "", migrationId))
            {
                throw No(
                    PlatformErrorKind.Refused,
                    $"VM {vm.Text("name")} at site {Name} has lost the record of its fence, so what it was before is not known any more; rename it, and convert it from a template to a VM, by hand");
            }

            return;
        }

        if (vm.Flag("config.template") == true)
        {
            await UnmarkTemplateAsync(what, vm, fence, cancellation).ConfigureAwait(false);
        }

        // What starts with the host first: the record of it goes away with the fence.
        if (fence.AutostartRule is { } rule)
        {
            var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
            await SetAutostartAsync(what, inventory, vm, rule, cancellation).ConfigureAwait(false);
        }

        await _client.RunTaskAsync(
            what, vm.Ref, "ReconfigVM_Task", cancellation,
            El("spec", El("name", Names.Encode(fence.Name)), fence.AsTemplate ? [] : Plug(vm, fence, true), Fence.Erase())).ConfigureAwait(false);
    }

    public override async Task<FenceState> InspectFenceAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        if (Fence.Of(ExtraConfig.Read(vm["config.extraConfig"])) is not { } fence || fence.MigrationId != migrationId)
        {
            return Fence.IsNameOf(vm.Text("name") ?? "", migrationId) ? FenceState.Broken : FenceState.None;
        }

        var inventory = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        return IsWhole(vm, fence)
            && vm.Text("runtime.powerState") == "poweredOff"
            && await AutostartRuleAsync(inventory, vm, cancellation).ConfigureAwait(false) is null
                ? FenceState.Standing
                : FenceState.Broken;
    }

    private static bool IsWhole(VimObject vm, Fence fence) =>
        Fence.Of(ExtraConfig.Read(vm["config.extraConfig"])) is not null
        && Names.Decode(vm.Text("name") ?? "") == fence.FencedName
        && (fence.AsTemplate
            ? vm.Flag("config.template") == true
            : Devices.Of(vm).Nics.All(nic => nic.Flag("connectable/startConnected") != true));

    /// <summary>A template has no resource pool and runs nowhere: it gets back those it had, or its cluster's own where they are gone.</summary>
    private async Task UnmarkTemplateAsync(string what, VimObject vm, Fence fence, CancellationToken cancellation)
    {
        var inventory = await FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var host = inventory.Find(fence.Host) is not null ? fence.Host : vm.RefOf("runtime.host");
        var pool = inventory.Find(fence.Pool) is not null
            ? fence.Pool
            : inventory.Find(inventory.Find(host)?.RefOf("parent"))?.RefOf("resourcePool");
        await _client.ChangeAsync(
            what, vm.Ref, "MarkAsVirtualMachine", cancellation,
            Ref("pool", pool ?? throw No(PlatformErrorKind.NotFound, $"{what}: neither its resource pool nor its host is there any more")),
            host is { } found ? Ref("host", found) : null).ConfigureAwait(false);
    }

    /// <summary>Cards are plugged in, or not, when the VM starts.</summary>
    private static IEnumerable<XElement> Plug(VimObject vm, Fence fence, bool plugged) => Devices.Of(vm).Nics
        .Where(nic => fence.Nics.Contains(nic.Text("key")!))
        .Select(nic =>
        {
            var device = new XElement(nic) { Name = VimXml.Vim + "device" };
            device.SetAttributeValue(Instance + "type", nic.Type());
            device.At("connectable/startConnected")!.Value = plugged ? "true" : "false";
            return El("deviceChange", El("operation", "edit"), device);
        });

    // --- Autostart ---

    /// <summary>The VMs that their hosts start.</summary>
    private async Task<ImmutableHashSet<string>> AutostartsAsync(Inventory inventory, CancellationToken cancellation)
    {
        var managers = inventory.Hosts.Select(host => host.RefOf("configManager.autoStartManager")).OfType<MoRef>().Distinct().ToList();
        var configs = await ManagersAsync(managers, cancellation).ConfigureAwait(false);
        return [.. configs.SelectMany(manager => Starting(manager["config"])).Select(rule => rule.Text("key")!)];
    }

    private async Task<string?> AutostartRuleAsync(Inventory inventory, VimObject vm, CancellationToken cancellation)
    {
        if (inventory.Find(vm.RefOf("runtime.host"))?.RefOf("configManager.autoStartManager") is not { } manager)
        {
            return null;
        }

        var rule = (await ManagersAsync([manager], cancellation).ConfigureAwait(false)).SelectMany(one => Starting(one["config"])).FirstOrDefault(one => one.Text("key") == vm.Ref.Value);
        return rule is null ? null : string.Join(';', AutostartParts.Select(part => rule.Text(part) ?? ""));
    }

    /// <summary>Hosts that do not answer leave theirs out.</summary>
    private async Task<IReadOnlyList<VimObject>> ManagersAsync(List<MoRef> managers, CancellationToken cancellation)
    {
        try
        {
            return await _client.ReadAsync("reading which VMs start with their hosts", managers, ["config"], cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.ObjectGone)
        {
            return [];
        }
    }

    private static IEnumerable<XElement> Starting(XElement? config) =>
        config.Children("powerInfo").Where(rule => string.Equals(rule.Text("startAction"), "powerOn", StringComparison.OrdinalIgnoreCase));

    private async Task SetAutostartAsync(string what, Inventory inventory, VimObject vm, string? rule, CancellationToken cancellation)
    {
        if (inventory.Find(vm.RefOf("runtime.host"))?.RefOf("configManager.autoStartManager") is not { } manager)
        {
            return;
        }

        var values = rule?.Split(';') ?? ["-1", "-1", "systemDefault", "none", "-1", "systemDefault"];
        await _client.ChangeAsync(
            what, manager, "ReconfigureAutostart", cancellation,
            El("spec", El("powerInfo", [Ref("key", vm.Ref), .. AutostartParts.Zip(values, (part, value) => El(part, value))]))).ConfigureAwait(false);
    }
}
