namespace VmMigrate.Platforms.Simulator.Faults;

/// <summary>The runner's process died here, as far as the simulation goes. Nothing may be cleaned up on its way; a test catches it at the very top.</summary>
public sealed class SimulatedCrashException : Exception
{
    internal SimulatedCrashException(string message)
        : base(message)
    {
    }
}
