namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>Which disks somebody in this process has open: a VM does not start on them. What a dead runner had open is open no more.</summary>
internal sealed class OpenDisks
{
    private readonly System.Threading.Lock _gate = new();
    private readonly List<(SimulatedRunner Runner, string Location, object Token)> _open = [];

    internal void Add(SimulatedRunner runner, string location, object token)
    {
        lock (_gate)
        {
            _open.Add((runner, location, token));
        }
    }

    internal void Remove(object token)
    {
        lock (_gate)
        {
            _open.RemoveAll(open => ReferenceEquals(open.Token, token));
        }
    }

    internal bool IsOpen(string location)
    {
        lock (_gate)
        {
            return _open.Exists(open => open.Location == location && !open.Runner.IsDead);
        }
    }
}
