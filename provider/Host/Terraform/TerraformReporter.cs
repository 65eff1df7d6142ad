using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Host.Terraform;

/// <summary>A run's progress: one log line a phase and at most one each 30 s, for the protocol has no live channel; warnings are kept for the end.</summary>
internal sealed class TerraformReporter(PluginLog log, TimeProvider time, string subject) : RunEvents
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private readonly Lock one = new();
    private readonly List<string> warnings = [];
    private string? lastPhase;
    private long lastAt;

    internal IReadOnlyList<string> Warnings
    {
        get
        {
            lock (one)
            {
                return [.. warnings];
            }
        }
    }

    public override void Status(string phase, string line)
    {
        lock (one)
        {
            if (phase == lastPhase && time.GetElapsedTime(lastAt) < Interval)
            {
                return;
            }

            lastPhase = phase;
            lastAt = time.GetTimestamp();
        }

        log.Write(Severity.Note, $"{subject}: {line}");
    }

    public override void Say(Severity severity, string message)
    {
        if (severity != Severity.Note)
        {
            lock (one)
            {
                warnings.Add(message);
            }
        }

        log.Write(severity, $"{subject}: {message}");
    }
}
