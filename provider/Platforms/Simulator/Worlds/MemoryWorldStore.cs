using System.Collections.Concurrent;
using VmMigrate.Platforms.Simulator.Disks;

namespace VmMigrate.Platforms.Simulator.Worlds;

internal sealed class MemoryWorldStore : WorldStore
{
    // A long rehearsal must not grow without end; nobody reads a hundred thousand calls.
    private const int MostRecords = 200_000;

    private readonly System.Threading.Lock _gate = new();
    private readonly WorldState _state = new();
    private readonly ConcurrentDictionary<(string Site, string Key), MemoryLeafStore> _disks = new();
    private readonly Queue<SimulatedCall> _calls = new();
    private readonly Queue<SimulatedEvent> _events = new();

    internal override T Read<T>(Func<WorldState, T> read)
    {
        lock (_gate)
        {
            return read(_state);
        }
    }

    internal override T Change<T>(Func<WorldState, T> change)
    {
        lock (_gate)
        {
            return change(_state);
        }
    }

    internal override LeafStore OpenDisk(string site, string key) => _disks.GetOrAdd((site, key), static _ => new MemoryLeafStore());

    internal override void DeleteDisk(string site, string key) => _disks.TryRemove((site, key), out _);

    internal override void Record(SimulatedCall call) => Add(_calls, call);

    internal override void Record(SimulatedEvent change) => Add(_events, change);

    internal override IReadOnlyList<SimulatedCall> Calls() => All(_calls);

    internal override IReadOnlyList<SimulatedEvent> Events() => All(_events);

    private static void Add<T>(Queue<T> queue, T item)
    {
        lock (queue)
        {
            queue.Enqueue(item);
            if (queue.Count > MostRecords)
            {
                queue.Dequeue();
            }
        }
    }

    private static T[] All<T>(Queue<T> queue)
    {
        lock (queue)
        {
            return [.. queue];
        }
    }
}
