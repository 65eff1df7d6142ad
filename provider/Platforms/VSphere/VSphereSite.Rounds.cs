using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Disks;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

// Changed-block tracking (CBT): a snapshot is the moment, its disks' change ids are the checkpoint, QueryChangedDiskAreas tells what lies between two.
internal sealed partial class VSphereSite
{
    private const string Tracking = ExtraConfig.Ours + "cbt.";

    /// <summary>Our mark on a VM whose tracking we have switched on, to be switched off at the end.</summary>
    private const string TrackingOn = ExtraConfig.Ours + "cbt-on";

    /// <summary>Faults by which a host says that the guest's file systems could not be frozen: then a moment without that is taken.</summary>
    private static readonly string[] QuiesceFaults = ["ApplicationQuiesceFault", "FilesystemQuiesceFault", "ToolsUnavailable", "MultipleSnapshotsNotSupported", "SnapshotFault", "GenericVmConfigFault"];

    public override async Task<DiskRound> OpenRoundAsync(RoundRequest request, CancellationToken cancellation)
    {
        var vm = await RequireAsync(request.VmId, cancellation).ConfigureAwait(false);
        RequireConnected(vm);
        RequireTrackable(vm);
        await DropSnapshotsAsync(vm, request.MigrationId, cancellation).ConfigureAwait(false);
        vm = await EnsureTrackedAsync(await RequireAsync(request.VmId, cancellation).ConfigureAwait(false), request.MigrationId, cancellation).ConfigureAwait(false);
        var since = request.Since is { } earlier ? Checkpoints.Of(vm, request.MigrationId).GetValueOrDefault(earlier) : null;
        var off = vm.Text("runtime.powerState") == "poweredOff";
        MoRef? snapshot = null;
        try
        {
            var (quiesced, why) = (false, (string?)null);
            // A template takes no snapshot and needs none: it cannot be started, so its disks stand still.
            if (vm.Flag("config.template") != true)
            {
                (snapshot, quiesced, why) = await SnapshotAsync(vm, request, cancellation).ConfigureAwait(false);
                await NoteCheckpointAsync(vm, request, snapshot.Value, cancellation).ConfigureAwait(false);
                if (off)
                {
                    // Nothing writes: the snapshot has done its work when the change ids are known.
                    await DropSnapshotAsync(vm, snapshot.Value, cancellation).ConfigureAwait(false);
                    snapshot = null;
                }
            }

            var devices = snapshot is { } moment ? await DevicesAtAsync(moment, cancellation).ConfigureAwait(false) : Devices.Of(vm);
            var changed = since is null ? null : await ChangesAsync(vm, snapshot, devices, since, cancellation).ConfigureAwait(false);
            var used = since is null && vm.Flag("config.changeTrackingEnabled") == true ? await UsedAsync(vm, snapshot, devices, cancellation).ConfigureAwait(false) : null;
            return new Round(this, vm, request, snapshot, devices, changed, used)
            {
                QuiescedNow = quiesced || (request.Quiesce && off),
                WhyNot = request.Quiesce && !off && !quiesced ? why ?? "VMware Tools does not run in it" : null,
            };
        }
        catch
        {
            if (snapshot is { } left)
            {
                await DropSnapshotAsync(vm, left, CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    public override async Task<ImmutableArray<string>> FindCheckpointsAsync(string vmId, string migrationId, CancellationToken cancellation) =>
        await FindAsync(vmId, cancellation).ConfigureAwait(false) is { } vm && vm.Flag("config.changeTrackingEnabled") == true
            ? [.. Checkpoints.Of(vm, migrationId).OrderBy(one => one.Value.Number).Select(one => one.Key)]
            : [];

    public override async Task EnsureCheckpointRemovedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        if (await FindAsync(vmId, cancellation).ConfigureAwait(false) is { } vm && Checkpoints.Of(vm, migrationId).ContainsKey(checkpoint))
        {
            await ReconfigureAsync($"vSphere could not write on VM {NameOf(vm)}", vm, cancellation, Option(Checkpoints.KeyOf(migrationId, checkpoint), "")).ConfigureAwait(false);
        }
    }

    public override async Task EnsureTrackingRemovedAsync(string vmId, string migrationId, CancellationToken cancellation)
    {
        if (await FindAsync(vmId, cancellation).ConfigureAwait(false) is not { } vm)
        {
            return;
        }

        await DropSnapshotsAsync(vm, migrationId, cancellation).ConfigureAwait(false);
        var options = ExtraConfig.Read(vm["config.extraConfig"]);
        var ours = options.GetValueOrDefault(TrackingOn) == migrationId;
        List<XElement> changes = [.. Checkpoints.Of(vm, migrationId).Keys.Select(name => Option(Checkpoints.KeyOf(migrationId, name), ""))];
        if (ours)
        {
            changes.Add(Option(TrackingOn, ""));
            changes.Add(El("changeTrackingEnabled", false));
        }

        if (changes.Count > 0)
        {
            await ReconfigureAsync($"vSphere could not end the tracking of VM {NameOf(vm)}", vm, cancellation, [.. changes]).ConfigureAwait(false);
        }
    }

    public override async Task<bool> EnsureRunningTrackedAsync(string vmId, string migrationId, string checkpoint, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        if (vm.Text("runtime.powerState") == "poweredOn")
        {
            return Checkpoints.Of(vm, migrationId).ContainsKey(checkpoint);
        }

        var tracked = Checkpoints.Of(vm, migrationId).ContainsKey(checkpoint);
        if (!tracked && Fence.Of(ExtraConfig.Read(vm["config.extraConfig"])) is null)
        {
            try
            {
                RequireTrackable(vm);
                vm = await EnsureTrackedAsync(vm, migrationId, cancellation).ConfigureAwait(false);
                var request = new RoundRequest(vmId, migrationId, checkpoint, null, Quiesce: false);
                var (snapshot, _, _) = await SnapshotAsync(vm, request, cancellation).ConfigureAwait(false);
                try
                {
                    await NoteCheckpointAsync(vm, request, snapshot, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    await DropSnapshotAsync(vm, snapshot, CancellationToken.None).ConfigureAwait(false);
                }

                tracked = true;
            }
            catch (PlatformException)
            {
                // Without a checkpoint it still has to run: the caller is told that its writes are not tracked.
            }
        }

        await EnsureRunningAsync(vmId, cancellation).ConfigureAwait(false);
        return tracked;
    }

    // --- Parts ---

    private static string SnapshotName(string migrationId, string? checkpoint) => checkpoint is null ? $"vmmigrate {migrationId} " : $"vmmigrate {migrationId} {checkpoint}";

    private void RequireTrackable(VimObject vm)
    {
        foreach (var disk in Devices.Of(vm).Disks)
        {
            if (disk.WhyNotMovable is { } reason)
            {
                throw No(PlatformErrorKind.Unsupported, $"disk {disk.Name} of VM {NameOf(vm)} at site {Name} {reason.Words}, so its changes cannot be read");
            }
        }

        var foreign = VmFacts.Snapshots(vm["snapshot"]).Where(one => !(one.Text("name") ?? "").StartsWith("vmmigrate ", StringComparison.Ordinal)).ToList();
        if (foreign.Count > 0)
        {
            throw No(
                PlatformErrorKind.Busy,
                $"VM {NameOf(vm)} at site {Name} has {foreign.Count} snapshot(s) of others ({string.Join(", ", foreign.Select(one => $"\"{one.Text("name")}\"").Take(3))}): the files below them are no plain images, and a backup may be under way. Wait for its end, or delete them");
        }
    }

    /// <summary>Tracking is on. To switch it on takes a snapshot and its removal, which stun a running VM for a moment each.</summary>
    private async Task<VimObject> EnsureTrackedAsync(VimObject vm, string migrationId, CancellationToken cancellation)
    {
        if (vm.Flag("config.changeTrackingEnabled") == true)
        {
            return vm;
        }

        if (!Address.EnableChangeTracking)
        {
            throw No(
                PlatformErrorKind.Unsupported,
                $"changed-block tracking is off for VM {NameOf(vm)} at site {Name}. Allow to switch it on (enableChangeTracking: true in the site's block; a running VM is stunned for a moment), or switch it on yourself");
        }

        var what = $"vSphere could not switch on the tracking of VM {NameOf(vm)}";
        await ReconfigureAsync(what, vm, cancellation, Option(TrackingOn, migrationId), El("changeTrackingEnabled", true)).ConfigureAwait(false);
        if (vm.Text("runtime.powerState") == "poweredOn")
        {
            // It takes effect when the disks are opened anew.
            var made = await _client.RunTaskAsync(
                what, vm.Ref, "CreateSnapshot_Task", cancellation,
                El("name", SnapshotName(migrationId, "enable")), El("description", "Switches on changed-block tracking"), El("memory", false), El("quiesce", false)).ConfigureAwait(false);
            await DropSnapshotAsync(vm, MoRef.Of(made!), cancellation).ConfigureAwait(false);
        }

        return await RequireAsync(VmFacts.IdOf(vm), cancellation).ConfigureAwait(false);
    }

    private async Task<(MoRef Snapshot, bool Quiesced, string? WhyNot)> SnapshotAsync(VimObject vm, RoundRequest request, CancellationToken cancellation)
    {
        var what = $"vSphere could not take a snapshot of VM {NameOf(vm)}";
        var quiesce = request.Quiesce && vm.Text("guest.toolsRunningStatus") == "guestToolsRunning" && vm.Text("runtime.powerState") == "poweredOn";
        string? why = null;
        while (true)
        {
            try
            {
                var made = await _client.RunTaskAsync(
                    what, vm.Ref, "CreateSnapshot_Task", cancellation,
                    El("name", SnapshotName(request.MigrationId, request.Checkpoint)),
                    El("description", $"A round of migration {request.MigrationId}; it is removed when the round has been copied"),
                    El("memory", false),
                    El("quiesce", quiesce)).ConfigureAwait(false);
                return (MoRef.Of(made!), quiesce, why);
            }
            catch (PlatformException exception) when (quiesce && QuiesceFaults.Contains(exception.NativeCode))
            {
                (quiesce, why) = (false, exception.Message);
            }
        }
    }

    /// <summary>Writes down from which change ids the next round's changes count.</summary>
    private async Task NoteCheckpointAsync(VimObject vm, RoundRequest request, MoRef snapshot, CancellationToken cancellation)
    {
        var devices = await DevicesAtAsync(snapshot, cancellation).ConfigureAwait(false);
        var ids = devices.Disks.ToImmutableDictionary(disk => disk.Key, disk => disk.ChangeId ?? throw No(PlatformErrorKind.Refused, $"disk {disk.Name} of VM {NameOf(vm)} at site {Name} has no change id in its snapshot, though tracking is on; switch tracking off and on again"));
        var number = Checkpoints.Of(vm, request.MigrationId).Values.Select(one => one.Number).DefaultIfEmpty(0).Max() + 1;
        await ReconfigureAsync(
            $"vSphere could not write on VM {NameOf(vm)}", vm, cancellation,
            Option(Checkpoints.KeyOf(request.MigrationId, request.Checkpoint), new CheckpointRecord(number, ids).ToString())).ConfigureAwait(false);
    }

    private async Task<Devices> DevicesAtAsync(MoRef snapshot, CancellationToken cancellation) =>
        Devices.Of(await _client.ReadOneAsync("looking at a snapshot", snapshot, ["config.hardware.device"], cancellation).ConfigureAwait(false)
            ?? throw No(PlatformErrorKind.Lost, $"the snapshot {snapshot.Value} at site {Name} is gone while its round is open: somebody has removed it"));

    /// <returns>By disk; null where the platform has lost what it knew of that checkpoint.</returns>
    private async Task<ImmutableDictionary<string, ExtentSet>?> ChangesAsync(VimObject vm, MoRef? snapshot, Devices devices, CheckpointRecord since, CancellationToken cancellation)
    {
        var changed = ImmutableDictionary.CreateBuilder<string, ExtentSet>(StringComparer.Ordinal);
        foreach (var disk in devices.Disks)
        {
            // A new id before the slash: tracking was reset (a disk that was reattached, a crash of the host, a snapshot that was reverted to).
            if (!since.Ids.TryGetValue(disk.Key, out var id) || (disk.ChangeId is { } now && now.Split('/')[0] != id.Split('/')[0]))
            {
                return null;
            }

            try
            {
                changed[disk.Name] = await QueryAsync(vm, snapshot, disk, id, cancellation).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.NativeCode is "InvalidArgument" or "FileFault" or VSphereErrors.FileNotFound)
            {
                return null;
            }
        }

        return changed.ToImmutable();
    }

    /// <summary>What of each disk is in use at all; null where the host does not tell.</summary>
    private async Task<ImmutableDictionary<string, ExtentSet>?> UsedAsync(VimObject vm, MoRef? snapshot, Devices devices, CancellationToken cancellation)
    {
        try
        {
            var used = ImmutableDictionary.CreateBuilder<string, ExtentSet>(StringComparer.Ordinal);
            foreach (var disk in devices.Disks)
            {
                used[disk.Name] = await QueryAsync(vm, snapshot, disk, "*", cancellation).ConfigureAwait(false);
            }

            return used.ToImmutable();
        }
        catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Refused or PlatformErrorKind.Unsupported or PlatformErrorKind.NotFound)
        {
            // Some datastores (NFS for one) keep no account of it. Then all is read.
            return null;
        }
    }

    private async Task<ExtentSet> QueryAsync(VimObject vm, MoRef? snapshot, VirtualDisk disk, string changeId, CancellationToken cancellation)
    {
        var what = $"vSphere could not tell what VM {NameOf(vm)} has changed on disk {disk.Name}";
        var length = disk.LengthBytes ?? 0;
        var found = new ExtentSet.Builder();
        for (long at = 0; at < length;)
        {
            var reply = (await _client.ReadAsync(
                what, vm.Ref, "QueryChangedDiskAreas", cancellation,
                snapshot is { } moment ? Ref("snapshot", moment) : null, El("deviceKey", disk.Key), El("startOffset", at), El("changeId", changeId)).ConfigureAwait(false)).Child("returnval");
            var start = reply.Number("startOffset") ?? at;
            var covered = reply.Number("length") ?? 0;
            foreach (var area in reply.Children("changedArea"))
            {
                var (offset, bytes) = (area.Number("start") ?? 0, area.Number("length") ?? 0);
                if (offset < 0 || bytes < 0 || offset > length)
                {
                    throw No(PlatformErrorKind.Refused, $"{what}: it named {bytes} bytes at {offset} of a disk of {length}");
                }

                found.Add(offset, Math.Min(bytes, length - offset));
            }

            if (start > at || covered <= 0 || start + covered <= at)
            {
                throw No(PlatformErrorKind.Refused, $"{what}: asked from {at} on, it told of {covered} bytes from {start} on");
            }

            at = start + covered;
        }

        return found.Build();
    }

    /// <summary>Snapshots that an earlier run of this migration has left.</summary>
    private async Task DropSnapshotsAsync(VimObject vm, string migrationId, CancellationToken cancellation)
    {
        foreach (var left in VmFacts.Snapshots(vm["snapshot"]).Where(one => (one.Text("name") ?? "").StartsWith(SnapshotName(migrationId, null), StringComparison.Ordinal)))
        {
            await DropSnapshotAsync(vm, left.RefAt("snapshot")!.Value, cancellation).ConfigureAwait(false);
        }
    }

    private async Task DropSnapshotAsync(VimObject vm, MoRef snapshot, CancellationToken cancellation)
    {
        try
        {
            await _client.RunTaskAsync(
                $"vSphere could not remove our snapshot of VM {NameOf(vm)}", snapshot, "RemoveSnapshot_Task", cancellation, El("removeChildren", false), El("consolidate", true)).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.ObjectGone)
        {
            // Another run has removed it.
        }
    }

    /// <param name="Number">Rises with each.</param>
    /// <param name="Ids">Change ids by the disks' keys.</param>
    private sealed record CheckpointRecord(int Number, ImmutableDictionary<long, string> Ids)
    {
        internal static CheckpointRecord? Parse(string text)
        {
            var parts = text.Split(';');
            if (!int.TryParse(parts[0], CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            var ids = ImmutableDictionary.CreateBuilder<long, string>();
            foreach (var part in parts.Skip(1))
            {
                if (part.Split('=', 2) is not [var key, var id] || !long.TryParse(key, CultureInfo.InvariantCulture, out var number64))
                {
                    return null;
                }

                ids[number64] = ExtraConfig.Decode(id);
            }

            return new CheckpointRecord(number, ids.ToImmutable());
        }

        public override string ToString() =>
            string.Join(';', [Number.ToString(CultureInfo.InvariantCulture), .. Ids.OrderBy(id => id.Key).Select(id => $"{id.Key}={ExtraConfig.Encode(id.Value)}")]);
    }

    private static class Checkpoints
    {
        internal static string KeyOf(string migrationId, string checkpoint) => $"{Tracking}{migrationId}.{checkpoint}";

        internal static ImmutableDictionary<string, CheckpointRecord> Of(VimObject vm, string migrationId)
        {
            var start = $"{Tracking}{migrationId}.";
            return ExtraConfig.Read(vm["config.extraConfig"])
                .Where(option => option.Key.StartsWith(start, StringComparison.Ordinal))
                .Select(option => (Name: option.Key[start.Length..], Record: CheckpointRecord.Parse(option.Value)))
                .Where(one => one.Record is not null)
                .ToImmutableDictionary(one => one.Name, one => one.Record!, StringComparer.Ordinal);
        }
    }

    private sealed class Round(
        VSphereSite site, VimObject vm, RoundRequest request, MoRef? snapshot, Devices devices, ImmutableDictionary<string, ExtentSet>? changed, ImmutableDictionary<string, ExtentSet>? used) : DiskRound
    {
        internal bool QuiescedNow { get; init; }

        internal string? WhyNot { get; init; }

        public override string Checkpoint => request.Checkpoint;

        public override string? Since => changed is null ? null : request.Since;

        public override bool Quiesced => QuiescedNow;

        public override string? WhyNotQuiesced => WhyNot;

        public override Task<ExtentSet?> ChangedAsync(string diskName, CancellationToken cancellation) => Task.FromResult(changed?.GetValueOrDefault(diskName));

        public override async Task<DiskAccess> OpenDiskAsync(string diskName, CancellationToken cancellation)
        {
            var disk = devices.Disk(diskName) ?? throw site.No(PlatformErrorKind.NotFound, $"VM {NameOf(vm)} at site {site.Name} had no disk {diskName} at this moment");
            var label = $"{NameOf(vm)}/{diskName} at {site.Name}";
            if (VddkDisk.IsThere(site.Address))
            {
                return await VddkDisk.OpenAsync(site._client, vm.Ref, snapshot, disk.Path!, disk.LengthBytes ?? 0, label, cancellation).ConfigureAwait(false);
            }

            var inventory = await site.InventoryOfAsync([vm], cancellation).ConfigureAwait(false);
            var datacenter = inventory.DatacenterOf(vm.RefOf("parent"));
            if (!IsFlat(disk, inventory, datacenter))
            {
                return await site.OpenExportAsync(vm, snapshot, devices, disk, label, cancellation).ConfigureAwait(false);
            }

            return await site.OpenFlatAsync(inventory, datacenter, disk.Path!, disk.LengthBytes ?? 0, label, writable: false, used?.GetValueOrDefault(diskName), cancellation).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            if (snapshot is { } taken)
            {
                await site.DropSnapshotAsync(vm, taken, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
