using System.Collections.Immutable;

namespace VmMigrate.Platforms.Simulator.Guests;

/// <summary>A guest's journal as it stands on a VM's first disk, against what the guest acknowledged to its clients anywhere, ever.</summary>
/// <param name="Acknowledged">Records acknowledged by all copies of the VM together.</param>
/// <param name="OnDisk">The number of the last record on this disk. Records are numbered from 1, one after the other.</param>
/// <param name="Damaged">Numbers of records that should be on the disk and are not, or not whole. Only the last ones can be looked at (the journal is a ring).</param>
public sealed record JournalReport(long Acknowledged, long OnDisk, ImmutableArray<long> Damaged)
{
    /// <summary>Acknowledged writes that this disk does not have.</summary>
    public long Lost => Acknowledged - OnDisk;
}
