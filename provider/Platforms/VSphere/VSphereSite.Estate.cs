using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

// Questions about all VMs: answered from the view that the server keeps for us, so that each costs one small call and no reading of the estate.
internal sealed partial class VSphereSite
{
    private readonly SharedLook<Estate> _estate;
    private readonly SharedLook<(Inventory Inventory, ImmutableArray<(InventoryItem Store, DatastorePath Path)> Folders)> _folders;
    private readonly SharedLook<ImmutableHashSet<string>> _autostarts;
    private Estate? _lastEstate;
    private long _estateRead;

    /// <summary>All VMs as the view had them at one moment, with what is looked for among them. Computed when it is asked for, and kept while no VM changes.</summary>
    private sealed class Estate(IReadOnlyList<VimObject> vms)
    {
        private readonly Lazy<ILookup<string, MoRef>> _byStamp = new(() => vms
            .Select(vm => (vm.Ref, Stamp: ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"]))?.MigrationId))
            .Where(vm => vm.Stamp is not null).ToLookup(vm => vm.Stamp!, vm => vm.Ref, StringComparer.Ordinal));

        // A fenced VM has another name and counts by its old one.
        private readonly Lazy<ILookup<string, MoRef>> _byName = new(() => vms.ToLookup(NameOf, vm => vm.Ref, StringComparer.Ordinal));

        private readonly Lazy<ImmutableArray<VmName>> _names = new(() =>
        [
            .. vms.Select(vm => new VmName(VmFacts.IdOf(vm), NameOf(vm), ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"]))?.MigrationId)).OrderBy(name => name.Name, StringComparer.Ordinal),
        ]);

        private readonly Lazy<ImmutableDictionary<string, string>> _macs = new(() =>
        {
            var macs = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach (var vm in vms)
            {
                foreach (var mac in Devices.Of(vm).Nics.Select(nic => nic.Text("macAddress")).OfType<string>())
                {
                    macs[mac.ToUpperInvariant()] = VmFacts.IdOf(vm);
                }
            }

            return macs.ToImmutable();
        });

        private readonly Lazy<Dictionary<string, string>> _holders = new(() =>
        {
            var holders = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var vm in vms)
            {
                if (ExtraConfig.StampOf(ExtraConfig.Read(vm["config.extraConfig"])) is { Role: StampRole.Test })
                {
                    // It borrows the disks of a copy, and writes to none.
                    continue;
                }

                foreach (var file in Devices.Of(vm).Disks.SelectMany(disk => disk.Chain))
                {
                    holders[file] = VmFacts.IdOf(vm);
                }
            }

            return holders;
        });

        private readonly Lazy<ILookup<string, (MoRef Vm, string Name)>> _tops = new(() => vms
            .SelectMany(vm => Devices.Of(vm).Disks.Select(disk => (File: disk.FileName, Vm: (vm.Ref, NameOf(vm)))))
            .ToLookup(disk => disk.File, disk => disk.Vm, StringComparer.Ordinal));

        internal IReadOnlyList<VimObject> Vms => vms;

        internal ILookup<string, MoRef> ByStamp => _byStamp.Value;

        internal ILookup<string, MoRef> ByName => _byName.Value;

        internal ImmutableArray<VmName> Names => _names.Value;

        /// <summary>By hardware address: the VM's id.</summary>
        internal ImmutableDictionary<string, string> Macs => _macs.Value;

        /// <summary>The names of the VMs that have a file as a disk of theirs themselves, and not below a snapshot or as a linked clone; without the one that asks.</summary>
        internal IEnumerable<string> OthersWith(MoRef asking, string file) => _tops.Value[file].Where(other => other.Vm != asking).Select(other => other.Name);

        /// <summary>By file that a VM has as its disk, or that its disk rests on: the VM's id.</summary>
        internal Dictionary<string, string> Holders => _holders.Value;
    }

    private async Task<Estate> LookAtEstateAsync(CancellationToken cancellation)
    {
        var vms = await _vms.ReadAsync("listing the VMs", cancellation).ConfigureAwait(false);
        _estateRead = _time.GetTimestamp();
        // The view gives the same list until something changes.
        if (_lastEstate is { } last && ReferenceEquals(last.Vms, vms))
        {
            return last;
        }

        foreach (var vm in vms)
        {
            _references[VmFacts.IdOf(vm)] = vm.Ref;
        }

        return _lastEstate = new Estate(vms);
    }

    /// <summary>For what a VM's facts say of other VMs: as fresh as those of hosts and datastores.</summary>
    private async Task<Estate> RecentEstateAsync(CancellationToken cancellation) =>
        _lastEstate is { } last && _time.GetElapsedTime(_estateRead) < InventoryAge ? last : await _estate.GetAsync(cancellation).ConfigureAwait(false);
}
