using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>What an open disk needs of its site.</summary>
internal sealed record OpenDisk
{
    internal required string Name { get; init; }

    internal required SimulatedDisk Disk { get; init; }

    internal required bool Writable { get; init; }

    internal required TimeProvider Time { get; init; }

    internal Pace? Pace { get; init; }

    /// <summary>Counts a call of <c>ReadBlocks</c> or <c>WriteBlocks</c> and gives the fault that strikes; null where no fault is about this disk.</summary>
    internal Func<string, Fault?>? TakeFault { get; init; }

    /// <summary>Takes or gives back room in the pool; false when there is none.</summary>
    internal required Func<long, bool> TakeRoom { get; init; }

    /// <summary>Where the map of a copy to it is kept; null where it is open for reading only.</summary>
    internal ResumeStore? Map { get; init; }

    internal required Action Closed { get; init; }

    /// <summary>Throws when the runner has died.</summary>
    internal required Action MustLive { get; init; }

    internal required Action<Fault> Die { get; init; }
}

internal sealed class SimulatedDiskAccess : DiskAccess
{
    private readonly OpenDisk _open;
    private int _closed;

    internal SimulatedDiskAccess(OpenDisk open)
    {
        _open = open;
        (open.Time as SimulatedTime)?.DiskOpened();
    }

    public override long LengthBytes => _open.Disk.LengthBytes;

    public override string Description => "simulated disk";

    public override ResumeStore? Resume => _open.Map;

    public override BlockReader OpenReader() => new SimulatedReader(_open);

    public override BlockWriter OpenWriter() =>
        _open.Writable ? new SimulatedWriter(_open) : throw new InvalidOperationException($"{_open.Name} was opened for reading only.");

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            (_open.Time as SimulatedTime)?.DiskClosed();
            _open.Closed();
        }

        return ValueTask.CompletedTask;
    }
}
