using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Planning;

/// <summary>The note of a passed test boot.</summary>
/// <param name="At">When it was passed.</param>
/// <param name="Replica">Which replica was tested: its <see cref="StampNotes.Replicated"/>.</param>
/// <param name="Guest">How the clone's guest was seen.</param>
public sealed record TestedNote(string At, string Replica, string Guest)
{
    public static TestedNote? Read(Stamp? stamp) => stamp?[StampNotes.Tested]?.Split('|', 3) is [var at, var replica, var guest] ? new TestedNote(at, replica, guest) : null;

    /// <summary>The replica that is there now is the one that was tested.</summary>
    public static bool IsUpToDate(Stamp? stamp) => Read(stamp) is { } note && note.Replica == stamp![StampNotes.Replicated];

    public string Write() => $"{At}|{Replica}|{Guest}";
}
