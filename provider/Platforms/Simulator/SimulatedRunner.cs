using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator;

/// <summary>
/// A process that works in a world. Sites opened by the same runner die together: after a crash each of their calls throws
/// <see cref="SimulatedCrashException"/> again, so that no clean-up code does what a dead process could not.
/// </summary>
public sealed class SimulatedRunner(string name)
{
    private volatile string? _death;

    public string Name => name;

    public bool IsDead => _death is not null;

    internal SimulatedCrashException Die(string why)
    {
        _death ??= why;
        return new SimulatedCrashException(_death);
    }

    internal void MustLive()
    {
        if (_death is { } why)
        {
            throw new SimulatedCrashException(why);
        }
    }
}
