using VmMigrate.Engine.Checks;

namespace VmMigrate.Engine.Driving;

/// <summary>Hears of a run while it goes on. Calls may come often and from any thread; whoever shows them throttles.</summary>
public abstract class RunEvents
{
    /// <summary>Nobody listens.</summary>
    public static RunEvents None { get; } = new Nobody();

    /// <summary>The one live line as it stands now; a later one takes its place.</summary>
    /// <param name="phase">A word that changes when the phase does.</param>
    public abstract void Status(string phase, string line);

    /// <summary>Something that must stay readable after the run.</summary>
    public abstract void Say(Severity severity, string message);

    private sealed class Nobody : RunEvents
    {
        public override void Status(string phase, string line)
        {
        }

        public override void Say(Severity severity, string message)
        {
        }
    }
}
