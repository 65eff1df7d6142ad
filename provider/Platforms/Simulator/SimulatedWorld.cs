using System.Collections.Concurrent;
using System.Collections.Immutable;
using VmMigrate.Platforms.Simulator.Guests;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <summary>Several simulated sites that share VMs' identities, time and history: in memory, or in a folder that several processes share.</summary>
public sealed class SimulatedWorld
{
    private static readonly ConcurrentDictionary<string, SimulatedWorld> Shared = new(StringComparer.Ordinal);

    private readonly WorldStore _store;
    private SimulatedRunner _runner = new("runner 1");
    private int _runners = 1;

    private SimulatedWorld(WorldStore store, TimeProvider time, string label)
    {
        _store = store;
        Label = label;
        Time = time;
        ByHand = new ByHand(this);
    }

    /// <summary>A new world in memory.</summary>
    public SimulatedWorld(TimeProvider time)
        : this(new MemoryWorldStore(), time, "memory")
    {
    }

    /// <summary>The clock of what is done by hand, and of sites opened without one of their own.</summary>
    public TimeProvider Time { get; }

    /// <summary>What an administrator does behind our back.</summary>
    public ByHand ByHand { get; }

    /// <summary>Every call of every site, oldest first. The last 200,000 in memory, the last 32 MiB or more in a folder.</summary>
    public IReadOnlyList<SimulatedCall> Calls => _store.Calls();

    /// <summary>Every change to a VM, oldest first, with the same limits.</summary>
    public IReadOnlyList<SimulatedEvent> Events => _store.Events();

    /// <summary>What to call it in messages: its name or its folder.</summary>
    internal string Label { get; }

    internal WorldStore Store => _store;

    internal OpenDisks OpenDisks { get; } = new();

    /// <summary>The world in memory that this process knows by this name; made when there is none yet.</summary>
    public static SimulatedWorld Named(string name, TimeProvider time) => Shared.GetOrAdd(name, static (name, time) => new SimulatedWorld(new MemoryWorldStore(), time, name), time);

    /// <summary>Lets a named world go, with all that is in it.</summary>
    public static void Forget(string name) => Shared.TryRemove(name, out _);

    /// <summary>The world in a folder; it is made at the first change.</summary>
    public static SimulatedWorld At(string folder, TimeProvider time) => new(new FileWorldStore(Path.GetFullPath(folder)), time, Path.GetFullPath(folder));

    /// <summary>Opens a site, which comes to be at its first call. Another set of options for the same name changes what it is made of.</summary>
    /// <param name="runner">Null: the same as the last one, or a new one after it died.</param>
    public SimulatorSite Open(string name, SiteOptions? options = null, SimulatedRunner? runner = null, TimeProvider? time = null)
    {
        if (runner is null)
        {
            if (_runner.IsDead)
            {
                Restart();
            }

            runner = _runner;
        }

        return new SimulatorSite(name, this, options ?? new SiteOptions(), runner, time ?? Time);
    }

    /// <summary>Sites opened from now on belong to another process.</summary>
    public SimulatedRunner Restart() => _runner = new SimulatedRunner($"runner {Interlocked.Increment(ref _runners)}");

    /// <summary>What happened to a VM so far, all its copies together; null when nothing has.</summary>
    public VmWatch? Watch(string uuid) => _store.Read(world => world.Watches.GetValueOrDefault(uuid));

    /// <summary>All VMs to which something happened.</summary>
    public ImmutableDictionary<string, VmWatch> Watches() => _store.Read(world => world.Watches.ToImmutableDictionary());

    /// <summary>Sites that have been opened and used.</summary>
    public ImmutableArray<string> Sites() => _store.Read(world => world.Sites.Keys.ToImmutableArray());

    /// <summary>Looks at a VM's first disk and compares it with what its guest acknowledged. For a running VM: as of now.</summary>
    public JournalReport CheckJournal(string site, string vm) => Change(Time, byHand: true, turn =>
    {
        var at = turn.Site(site);
        var found = at.Find(vm);
        turn.BringUpToDate(at, found);
        var live = Journal.RecordsIn(Guest.Uptime(found, turn.Now), found.Guest);
        var acknowledged = turn.World.Acknowledged.GetValueOrDefault(found.Id) + (found.Power == Engine.Facts.PowerState.Running ? live : 0);
        if (found.Disks.Count == 0)
        {
            return new JournalReport(acknowledged, 0, []);
        }

        using var disk = turn.OpenDisk(at, found.Disks[0].Location);
        var last = Journal.LastRecord(disk.Disk, found.Id);
        return new JournalReport(acknowledged, last, Journal.Damaged(disk.Disk, found.Id, last));
    });

    internal T Read<T>(TimeProvider time, Func<Turn, T> read)
    {
        var settled = _store.Read(world => TryRead(world, time, read, out var value) ? (true, value) : (false, default!));
        return settled.Item1 ? settled.Item2 : Change(time, byHand: false, read);
    }

    internal T Change<T>(TimeProvider time, bool byHand, Func<Turn, T> change)
    {
        var events = new List<SimulatedEvent>();
        var result = _store.Change(world =>
        {
            var turn = new Turn(this, world, Advance(world, time), byHand, events);
            turn.Settle();
            return change(turn);
        });
        events.ForEach(_store.Record);
        return result;
    }

    private bool TryRead<T>(WorldState world, TimeProvider time, Func<Turn, T> read, out T value)
    {
        var turn = new Turn(this, world, Advance(world, time), false, null);
        if (turn.HasToSettle)
        {
            value = default!;
            return false;
        }

        value = read(turn);
        return true;
    }

    private static DateTimeOffset Advance(WorldState world, TimeProvider time)
    {
        var now = time.GetUtcNow();
        return world.Now = now > world.Now ? now : world.Now;
    }
}
