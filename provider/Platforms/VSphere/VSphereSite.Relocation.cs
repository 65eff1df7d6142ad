using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// Moves of the VM itself: vMotion and Storage vMotion inside one vCenter, and to another one.
internal sealed partial class VSphereSite
{
    /// <summary>How long a task that was called off may take to come to its end: memory that is half there is thrown away in seconds, disks that are half copied are deleted.</summary>
    private static readonly TimeSpan CallOffLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan CheckerLimit = TimeSpan.FromMinutes(1);

    public override bool Relocates(Site to) => to is VSphereSite;

    public override async Task<string> DescribeWhereAsync(string vmId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        return VmPlace.Of(vm, await InventoryOfAsync([vm], cancellation).ConfigureAwait(false)).ToString();
    }

    public override async Task<ImmutableArray<string>> FindRelocationBlockersAsync(RelocationRequest request, Site to, CancellationToken cancellation)
    {
        if (to is not VSphereSite there)
        {
            return [$"site \"{to.Name}\" is no vSphere site"];
        }

        foreach (var site in new[] { this, there }.Distinct())
        {
            if (!(await site._client.ContentAsync(cancellation).ConfigureAwait(false)).IsVCenter)
            {
                return [$"site \"{site.Name}\" is an ESXi host without a vCenter, and only a vCenter moves running VMs"];
            }
        }

        var vm = await RequireAsync(request.VmId, cancellation).ConfigureAwait(false);
        var way = await PlanAsync(vm, request, there, cancellation).ConfigureAwait(false);
        if (!way.Crosses && way.Changes.IsEmpty)
        {
            if (ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"])) is { } stamp && stamp.MigrationId == request.MigrationId && stamp[StampNotes.Origin] is not null)
            {
                // The move that a killed run has begun has arrived.
                return [];
            }

            return [$"nothing of its place would change: it is on {way.Now.Describe(way.Target)} already. Set target.host or target.storagePool, or a site with another folder or resourcePool"];
        }

        if (way.Crosses && (there.Address.User is null || there.Address.Password is null))
        {
            return [$"vCenter \"{Name}\" has to log in to vCenter \"{there.Name}\" for it, with the user and password of that site, and there is a session token only"];
        }

        var blockers = ImmutableArray.CreateBuilder<string>();
        if (way.Wanted.Host is { } host && (way.Crosses || host != way.Now.Host) && vm.Text("runtime.powerState") == "poweredOn")
        {
            blockers.AddRange(await VMotion.FindBlockersAsync(_client, vm, there._client, host, cancellation).ConfigureAwait(false));
        }

        blockers.AddRange(await AskCheckerAsync(vm, way, there, cancellation).ConfigureAwait(false));
        return blockers.ToImmutable();
    }

    public override async Task<RelocationResult> RelocateAsync(RelocationRequest request, Site to, IProgress<int>? percent, CancellationToken cancellation)
    {
        var there = to as VSphereSite ?? throw Lacks($"move a VM itself to site \"{to.Name}\", which is no vSphere site");
        var started = _time.GetTimestamp();
        var vm = await RequireAsync(request.VmId, cancellation).ConfigureAwait(false);
        var what = $"vSphere could not move VM {NameOf(vm)} from site {Name} to site {there.Name}";
        var waited = await FollowUnfinishedAsync(what, vm, percent, cancellation).ConfigureAwait(false);
        if (waited)
        {
            if (await FindAsync(request.VmId, cancellation).ConfigureAwait(false) is not { } still)
            {
                // It has gone to the other vCenter meanwhile.
                return await there.SeeAsync(what, request, null, _time.GetElapsedTime(started), cancellation).ConfigureAwait(false);
            }

            vm = still;
        }

        RequireConnected(vm);
        var way = await PlanAsync(vm, request, there, cancellation).ConfigureAwait(false);
        if (!way.Crosses && way.Changes.IsEmpty)
        {
            return new RelocationResult(request.VmId, way.Now.Describe(way.Target), waited ? _time.GetElapsedTime(started) : TimeSpan.Zero);
        }

        var begun = await _client.ChangeAsync(what, vm.Ref, "RelocateVM_Task", cancellation, await SpecAsync(vm, way, there, cancellation).ConfigureAwait(false), El("priority", "defaultPriority")).ConfigureAwait(false);
        await FollowAsync(what, MoRef.Of(begun.Child("returnval")!), percent, cancellation).ConfigureAwait(false);
        if (way.Crosses)
        {
            _references.TryRemove(request.VmId, out _);
        }

        return await there.SeeAsync(what, request, way, _time.GetElapsedTime(started), cancellation).ConfigureAwait(false);
    }

    // --- What is to change ---

    /// <param name="Target">The inventory of the vCenter that it goes to.</param>
    /// <param name="Crosses">That is another vCenter.</param>
    /// <param name="Changes">What of its place is not as wanted, for people.</param>
    private sealed record Way(VmPlace Now, VmPlace Wanted, Inventory Target, bool Crosses, ImmutableArray<string> Changes);

    private async Task<Way> PlanAsync(VimObject vm, RelocationRequest request, VSphereSite there, CancellationToken cancellation)
    {
        var here = await InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
        var target = there == this ? here : await there.FreshInventoryAsync(InventoryAge, cancellation).ConfigureAwait(false);
        var now = VmPlace.Of(vm, here);
        var crosses = here.Content.InstanceUuid != target.Content.InstanceUuid;
        var wanted = request.BackTo is { } back
            ? Reachable(VmPlace.Parse(back) ?? throw No(PlatformErrorKind.Refused, $"the note of where VM {NameOf(vm)} was cannot be read: {back}"), target)
            : crosses
            ? await there.FarPlaceAsync(vm, now, request, here, target, cancellation).ConfigureAwait(false)
            : await there.NearPlaceAsync(vm, now, request, target, cancellation).ConfigureAwait(false);
        return new Way(now, wanted, target, crosses, crosses ? [] : [.. wanted.Against(now, target)]);
    }

    /// <summary>In its own vCenter: what is named changes, the rest stays.</summary>
    private async Task<VmPlace> NearPlaceAsync(VimObject vm, VmPlace now, RelocationRequest request, Inventory inventory, CancellationToken cancellation)
    {
        var what = $"choosing a place for VM {NameOf(vm)}";
        var host = request.Host is { } name
            ? inventory.Hosts.FirstOrDefault(one => one.Text("name") == name) ?? throw No(PlatformErrorKind.NotFound, $"{what}: site {Name} has no host {name}")
            : null;
        var store = request.Pool is { } pool
            ? inventory.Datastore(pool) ?? throw No(PlatformErrorKind.NotFound, $"{what}: site {Name} has no datastore {pool}")
            : null;
        // A host of another cluster has resource pools of its own.
        var moves = host is not null && inventory.Find(now.Pool)?.RefOf("owner") is { } owner && owner != host.RefOf("parent");
        return new VmPlace(
            host?.Ref,
            Address.ResourcePool is { } poolPath ? await FindPathAsync(what, poolPath, "ResourcePool", cancellation).ConfigureAwait(false)
                : moves ? inventory.Find(host!.RefOf("parent"))?.RefOf("resourcePool") : null,
            Address.Folder is { } folderPath ? await FindPathAsync(what, folderPath, "Folder", cancellation).ConfigureAwait(false) : null,
            store?.Ref,
            store is null ? ImmutableSortedDictionary<long, MoRef>.Empty : now.Disks.ToImmutableSortedDictionary(disk => disk.Key, _ => store.Ref),
            Cards(vm, now, request, inventory, inventory, all: false));
    }

    /// <summary>In another vCenter everything has to be named.</summary>
    private async Task<VmPlace> FarPlaceAsync(VimObject vm, VmPlace now, RelocationRequest request, Inventory here, Inventory target, CancellationToken cancellation)
    {
        var what = $"choosing a place for VM {NameOf(vm)}";
        var store = request.Pool is { } name
            ? target.Datastore(name) ?? throw No(PlatformErrorKind.NotFound, $"{what}: site {Name} has no datastore {name}")
            : throw No(PlatformErrorKind.Refused, $"{what}: no datastore of site {Name} was chosen; set target.storagePool");
        var (folder, pool, host) = await PlaceAsync(what, target, store, request.Host, cancellation).ConfigureAwait(false);
        return new VmPlace(
            host, pool, folder, store.Ref,
            Devices.Of(vm).Disks.ToImmutableSortedDictionary(disk => disk.Key, _ => store.Ref),
            Cards(vm, now, request, here, target, all: true));
    }

    private ImmutableSortedDictionary<long, MoRef> Cards(VimObject vm, VmPlace now, RelocationRequest request, Inventory here, Inventory target, bool all)
    {
        var cards = ImmutableSortedDictionary.CreateBuilder<long, MoRef>();
        foreach (var (key, network) in now.Cards)
        {
            var name = here.Networks.FirstOrDefault(one => one.Ref == network)?.UniqueName ?? network.Value;
            if (!all && (!request.Networks.TryGetValue(name, out var other) || other == name))
            {
                continue;
            }

            var wanted = request.Networks.GetValueOrDefault(name, name);
            cards[key] = target.Network(wanted)?.Ref
                ?? throw No(PlatformErrorKind.NotFound, $"VM {NameOf(vm)} is to be on network {wanted}, and site {Name} has no network of that name; map {name} in target.networks");
        }

        return cards.ToImmutable();
    }

    /// <summary>A way back does not fail for a host that is gone or does not answer, where its cluster has others.</summary>
    private static VmPlace Reachable(VmPlace place, Inventory inventory) =>
        inventory.Find(place.Host) is { } host && host.Text("runtime.connectionState") == "connected" && host.Flag("runtime.inMaintenanceMode") != true ? place : place with { Host = null };

    private static async Task<XElement> SpecAsync(VimObject vm, Way way, VSphereSite there, CancellationToken cancellation)
    {
        var (now, wanted) = (way.Now, way.Wanted);
        bool Differs(MoRef? one, MoRef? present) => one is not null && (way.Crosses || one != present);
        var stores = way.Crosses || wanted.Disks.Any(disk => now.Disks.GetValueOrDefault(disk.Key) != disk.Value);
        var nics = Devices.Of(vm).Nics.Where(nic => wanted.Cards.TryGetValue(nic.Number("key") ?? 0, out var to) && (way.Crosses || now.Cards.GetValueOrDefault(nic.Number("key") ?? 0) != to));
        return El(
            "spec",
            way.Crosses ? await LocatorAsync(there, cancellation).ConfigureAwait(false) : null,
            Differs(wanted.Folder, now.Folder) ? Ref("folder", wanted.Folder!.Value) : null,
            Differs(wanted.Home, now.Home) || (stores && wanted.Home is not null) ? Ref("datastore", wanted.Home!.Value) : null,
            Differs(wanted.Pool, now.Pool) ? Ref("pool", wanted.Pool!.Value) : null,
            Differs(wanted.Host, now.Host) ? Ref("host", wanted.Host!.Value) : null,
            stores ? wanted.Disks.Select(disk => El("disk", El("diskId", disk.Key), Ref("datastore", disk.Value))) : null,
            nics.Select(nic => El("deviceChange", El("operation", "edit"), Rebacked(vm, nic, way.Target, wanted.Cards[nic.Number("key") ?? 0], there))));
    }

    private static XElement Rebacked(VimObject vm, XElement nic, Inventory target, MoRef network, VSphereSite there)
    {
        var item = target.Networks.First(one => one.Ref == network);
        return Typed(
            "device", nic.Type(), El("key", nic.Number("key") ?? 0), there.Backing(target, item.Datacenter, NameOf(vm), item.UniqueName),
            nic.Child("controllerKey") is { } controller ? El("controllerKey", controller.Value) : null,
            nic.Child("unitNumber") is { } unit ? El("unitNumber", unit.Value) : null,
            El("addressType", "manual"), El("macAddress", nic.Text("macAddress") ?? ""));
    }

    /// <summary>How this vCenter finds the other one and logs in to it. The certificate that it is to see there is the one that we have judged by our own rules.</summary>
    private static async Task<XElement> LocatorAsync(VSphereSite there, CancellationToken cancellation)
    {
        var content = await there._client.ContentAsync(cancellation).ConfigureAwait(false);
        return El(
            "service",
            El("instanceUuid", content.InstanceUuid ?? ""),
            El("url", there.Address.Sdk.GetLeftPart(UriPartial.Authority)),
            Typed("credential", "ServiceLocatorNamePassword", El("username", there.Address.User ?? ""), El("password", there.Address.Password ?? "")),
            El("sslThumbprint", there._client.Sha1Thumbprint ?? ""));
    }

    // --- The task ---

    /// <summary>Waits for a move that an earlier run has begun and that is still under way.</summary>
    /// <returns>Whether there was one.</returns>
    private async Task<bool> FollowUnfinishedAsync(string what, VimObject vm, IProgress<int>? percent, CancellationToken cancellation)
    {
        foreach (var task in await RecentTasksAsync(vm, cancellation).ConfigureAwait(false))
        {
            var info = task["info"];
            if (info.Text("state") is "running" or "queued" && info.Text("descriptionId")?.StartsWith("VirtualMachine.relocate", StringComparison.Ordinal) == true)
            {
                try
                {
                    await FollowAsync(what, task.Ref, percent, cancellation).ConfigureAwait(false);
                }
                catch (PlatformException exception) when (exception.Kind is not (PlatformErrorKind.Lost or PlatformErrorKind.Unreachable))
                {
                    // The move is begun anew below, and says why it cannot be done.
                }

                return true;
            }
        }

        return false;
    }

    /// <summary>To the task's end, also after a cancellation: only then it is known where the VM is.</summary>
    private async Task FollowAsync(string what, MoRef task, IProgress<int>? percent, CancellationToken cancellation)
    {
        try
        {
            await _client.WaitForTaskAsync(what, task, percent, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server was asked to call it off.
            using var limit = new CancellationTokenSource(CallOffLimit, _time);
            try
            {
                await _client.WaitForTaskAsync(what, task, null, limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is PlatformException or OperationCanceledException)
            {
                // Called off: it runs where it was.
            }

            throw;
        }
    }

    /// <summary>The task has said that it is done: so must the place.</summary>
    private async Task<RelocationResult> SeeAsync(string what, RelocationRequest request, Way? way, TimeSpan took, CancellationToken cancellation)
    {
        var vm = await FindAsync(request.VmId, cancellation).ConfigureAwait(false);
        var id = request.VmId;
        if (vm is null && await FindStampedAsync(request.MigrationId, cancellation).ConfigureAwait(false) is [var stamped, ..])
        {
            // Another VM there had its instance UUID, so it was given a new one.
            id = stamped.Id;
            vm = await RequireAsync(id, cancellation).ConfigureAwait(false);
        }

        if (vm is null)
        {
            throw No(PlatformErrorKind.Lost, $"{what}: its task is done, and site {Name} does not have the VM");
        }

        var inventory = await FreshInventoryAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false);
        var seen = VmPlace.Of(vm, inventory);
        return way?.Wanted.Against(seen, inventory).ToList() is [_, ..] wrong
            ? throw No(PlatformErrorKind.Refused, $"{what}: its task says that it is done, and the VM is elsewhere: {string.Join("; ", wrong)}")
            : new RelocationResult(id, seen.Describe(inventory), took);
    }

    /// <summary>What vCenter's own checker says of the very move. Empty where it has none or does not take the question.</summary>
    private async Task<ImmutableArray<string>> AskCheckerAsync(VimObject vm, Way way, VSphereSite there, CancellationToken cancellation)
    {
        var what = $"asking vCenter whether VM {NameOf(vm)} can move";
        if ((await _client.ContentAsync(cancellation).ConfigureAwait(false)).Manager("vmProvisioningChecker") is not { } checker)
        {
            return [];
        }

        using var limit = new CancellationTokenSource(CheckerLimit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var results = await _client.RunTaskAsync(what, checker, "CheckRelocate_Task", both.Token, Ref("vm", vm.Ref), await SpecAsync(vm, way, there, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
            return
            [
                .. (results?.Elements() ?? []).SelectMany(result => result.Children("error"))
                    .Select(error => VSphereErrors.FromTask(Name, "vCenter's checker says", error).Message).Distinct(StringComparer.Ordinal),
            ];
        }
        catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Unsupported or PlatformErrorKind.NotFound || exception.NativeCode == "InvalidArgument")
        {
            return [];
        }
        catch (PlatformException exception)
        {
            return [$"vCenter's checker could not judge it: {exception.Message}"];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [$"vCenter's checker gave no answer within {CheckerLimit.TotalSeconds:0} s"];
        }
    }
}
