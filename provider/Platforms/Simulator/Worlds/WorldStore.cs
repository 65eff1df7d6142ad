using VmMigrate.Platforms.Simulator.Disks;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>Where a world's state lives: in this process, or in a folder that several processes share.</summary>
internal abstract class WorldStore
{
    internal abstract T Read<T>(Func<WorldState, T> read);

    /// <summary>Alone in the world. When the function throws, nothing has happened (a folder) or what it did before stays (memory): check first, then change.</summary>
    internal abstract T Change<T>(Func<WorldState, T> change);

    /// <param name="key">Of the disk's <see cref="DiskState.Key"/>.</param>
    internal abstract LeafStore OpenDisk(string site, string key);

    internal abstract void DeleteDisk(string site, string key);

    internal abstract void Record(SimulatedCall call);

    internal abstract void Record(SimulatedEvent change);

    internal abstract IReadOnlyList<SimulatedCall> Calls();

    internal abstract IReadOnlyList<SimulatedEvent> Events();
}
