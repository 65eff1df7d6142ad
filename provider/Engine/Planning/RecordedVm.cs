using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Planning;

/// <summary>The moved VM as the last run left it, or took it over from somebody's hand: drift is measured against this. It stands in the engine's state and nowhere else.</summary>
/// <param name="Site">Where it lives.</param>
/// <param name="Declared">The target that was declared then; another site than <paramref name="Site"/> where a move by hand was adopted.</param>
/// <param name="Running">Whether it has to run.</param>
/// <param name="Cpus">Null where it was not seen.</param>
/// <param name="MemoryBytes">Null where it was not seen.</param>
/// <param name="Nics">From hardware address, in capitals, to network; empty where the network was not seen.</param>
/// <param name="Disks">From name to length in bytes; 0 where that was not seen.</param>
public sealed record RecordedVm(
    string Site, string Declared, bool Running, int? Cpus, long? MemoryBytes, ImmutableSortedDictionary<string, string> Nics, ImmutableSortedDictionary<string, long> Disks)
{
    /// <summary>When it was accepted there, as its stamp says (<see cref="StampNotes.Accepted"/>); null where no state tells. A hand that moves a VM takes this along; a run of ours writes another.</summary>
    public string? Accepted { get; init; }

    /// <summary>Somebody's hand has moved it to where it is now: it is elsewhere, and no run of ours has accepted it there since.</summary>
    internal bool WasMovedByHand(Copy now) => Site != now.Site.Name && (Accepted is null || Accepted == now.Vm.Stamp?[StampNotes.Accepted]);

    public static RecordedVm Of(string site, string declared, bool running, Vm vm) => new(
        site, declared, running,
        vm.Cpus.TryGet(out var cpus) ? cpus : null,
        vm.MemoryBytes.TryGet(out var memory) ? memory : null,
        vm.Nics.DistinctBy(nic => nic.Mac.ToUpperInvariant()).ToImmutableSortedDictionary(nic => nic.Mac.ToUpperInvariant(), nic => nic.Network.Or(""), StringComparer.Ordinal),
        vm.Disks.ToImmutableSortedDictionary(disk => disk.Name, disk => disk.LengthBytes.Or(0), StringComparer.Ordinal))
    {
        Accepted = vm.Stamp?[StampNotes.Accepted],
    };
}
