using System.Security.Cryptography;
using System.Xml.Linq;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>What somebody does by hand in a simulated vCenter, past our driver: through the same SOAP calls and through the datastore's folder.</summary>
internal sealed class VcsimWorld(Vcsim vcsim, VSphereSite site)
{
    internal VimClient Client => site.Client;

    /// <summary>Makes a VM that is off: one disk with content, one card on the distributed port group, a serial port into a file.</summary>
    /// <returns>Its reference.</returns>
    internal async Task<MoRef> CreateVmAsync(string name, byte[] content, CancellationToken cancellation, string controller = "ParaVirtualSCSIController", string? network = null, params XElement[] more)
    {
        await DeleteVmAsync(name, cancellation);
        var inventory = await Inventory.ReadAsync(Client, cancellation);
        var store = inventory.Datastores[0];
        var host = inventory.Hosts[0];
        var folder = Path.Combine(vcsim.Datastores[store.Name], name);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "disk.vmdk"), "# Disk DescriptorFile\n", cancellation);
        await File.WriteAllBytesAsync(Path.Combine(folder, "disk-flat.vmdk"), content, cancellation);
        var portgroup = inventory.Networks.First(one => network is null ? one.Ref.Type == "DistributedVirtualPortgroup" : one.Name == network);
        var uuid = inventory.Find(portgroup.Facts.RefOf("config.distributedVirtualSwitch"))?.Text("uuid");
        var controllerKey = controller == "VirtualIDEController" ? 200 : 1000;
        var made = await Client.RunTaskAsync(
            $"making VM {name}",
            inventory.Find(store.Datacenter)!.RefOf("vmFolder")!.Value,
            "CreateVM_Task",
            cancellation,
            El(
                "config",
                El("name", name),
                El("guestId", "otherLinux64Guest"),
                El("files", El("vmPathName", $"[{store.Name}] {name}/{name}.vmx")),
                El("numCPUs", 1),
                El("memoryMB", 128),
                controller == "VirtualIDEController"
                    ? null
                    : Add(Typed("device", controller, El("key", controllerKey), El("busNumber", 0), controller.Contains("AHCI", StringComparison.Ordinal) ? null : El("sharedBus", "noSharing"))),
                Add(Typed(
                    "device", "VirtualDisk", El("key", 2000),
                    Typed("backing", "VirtualDiskFlatVer2BackingInfo", El("fileName", $"[{store.Name}] {name}/disk.vmdk"), El("diskMode", "persistent"), El("thinProvisioned", true)),
                    El("controllerKey", controllerKey), El("unitNumber", 0), El("capacityInKB", content.Length / 1024), El("capacityInBytes", content.Length))),
                Add(Typed(
                    "device", "VirtualVmxnet3", El("key", 4000),
                    uuid is null
                        ? Typed("backing", "VirtualEthernetCardNetworkBackingInfo", El("deviceName", portgroup.Name))
                        : Typed("backing", "VirtualEthernetCardDistributedVirtualPortBackingInfo", El("port", El("switchUuid", uuid), El("portgroupKey", portgroup.Ref.Value))),
                    El("addressType", "manual"), El("macAddress", Mac(name)))),
                Add(Typed("device", "VirtualSerialPort", El("key", 9000), Typed("backing", "VirtualSerialPortFileBackingInfo", El("fileName", $"[{store.Name}] {name}/console.log")), El("yieldOnPoll", true))),
                more),
            Ref("pool", inventory.Find(host.RefOf("parent"))!.RefOf("resourcePool")!.Value),
            Ref("host", host.Ref));
        var vm = MoRef.Of(made!);
        // vcsim looks at the files' sizes when it is told to.
        await Client.ChangeAsync("looking at its files", vm, "RefreshStorageInfo", cancellation);
        return vm;
    }

    /// <summary>Makes such a VM and starts it; its guest's agent has answered.</summary>
    /// <returns>Its id.</returns>
    internal async Task<string> CreateRunningVmAsync(string name, byte[] content, CancellationToken cancellation, string controller = "ParaVirtualSCSIController")
    {
        var vm = await CreateVmAsync(name, content, cancellation, controller);
        await Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", cancellation);
        var id = Assert.Single(await site.FindByNameAsync(name, cancellation)).Id;
        while (!await site.PingAgentAsync(id, cancellation))
        {
            await Task.Delay(50, cancellation);
        }

        return id;
    }

    internal async Task DeleteVmAsync(string name, CancellationToken cancellation)
    {
        foreach (var vm in await AllAsync(cancellation))
        {
            if (NameIn(vm) == name)
            {
                if (vm.Text("runtime.powerState") != "poweredOff")
                {
                    await Client.RunTaskAsync("stopping", vm.Ref, "PowerOffVM_Task", cancellation);
                }

                await Client.RunTaskAsync("deleting", vm.Ref, "Destroy_Task", cancellation);
            }
        }

        foreach (var folder in vcsim.Datastores.Values.SelectMany(Directory.EnumerateDirectories)
                     .Where(folder => Path.GetFileName(folder) == name || Path.GetFileName(folder).StartsWith(name + ".vmm-", StringComparison.Ordinal)).ToList())
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal async Task<VimObject> VmAsync(string name, CancellationToken cancellation) => (await AllAsync(cancellation)).Single(vm => NameIn(vm) == name);

    internal async Task ReconfigureAsync(MoRef vm, CancellationToken cancellation, params object?[] changes) =>
        await Client.RunTaskAsync("changing by hand", vm, "ReconfigVM_Task", cancellation, El("spec", changes));

    /// <summary>vcsim takes what a guest would tell as options whose names begin with SET.</summary>
    internal Task SetToolsAsync(MoRef vm, bool running, CancellationToken cancellation) =>
        ReconfigureAsync(vm, cancellation, Option("SET.guest.toolsRunningStatus", running ? "guestToolsRunning" : "guestToolsNotRunning"));

    internal Task SetAutostartAsync(VimObject vm, bool on, CancellationToken cancellation) => Client.ChangeAsync(
        "by hand", new MoRef("HostAutoStartManager", "autostart-" + vm.RefOf("runtime.host")!.Value.Value), "ReconfigureAutostart", cancellation,
        El(
            "spec",
            El(
                "powerInfo", Ref("key", vm.Ref), El("startOrder", 3), El("startDelay", 20), El("waitForHeartbeat", "no"),
                El("startAction", on ? "powerOn" : "none"), El("stopDelay", 30), El("stopAction", "guestShutdown"))));

    /// <summary>A VM with this plays a guest when it runs: it boots, has Tools, and writes to its disk.</summary>
    internal static XElement Guest => Option("guestinfo.vcsim", "guest");

    /// <summary>Random in its first and last quarter, zeroes between.</summary>
    internal static byte[] Content(int length, int seed)
    {
        var content = new byte[length];
        var random = new Random(seed);
        random.NextBytes(content.AsSpan(0, length / 4));
        random.NextBytes(content.AsSpan(length - (length / 4)));
        return content;
    }

    private async Task<IReadOnlyList<VimObject>> AllAsync(CancellationToken cancellation) =>
        await Client.ReadAllAsync("looking", new Dictionary<string, string[]> { ["VirtualMachine"] = VmFacts.Paths }, cancellation);

    internal static string NameIn(VimObject vm) => Fence.Of(ExtraConfig.Read(vm["config.extraConfig"]))?.Name ?? vm.Text("name") ?? "";

    private static XElement Add(XElement device) => El("deviceChange", El("operation", "add"), device);

    private static string Mac(string name)
    {
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        return $"00:50:56:{hash[0] & 0x3f:x2}:{hash[1]:x2}:{hash[2]:x2}";
    }
}
