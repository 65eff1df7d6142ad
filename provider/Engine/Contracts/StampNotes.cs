namespace VmMigrate.Engine.Contracts;

/// <summary>Names of the notes in a <see cref="Stamp"/>.</summary>
public static class StampNotes
{
    /// <summary>The last completed step's progress, as text.</summary>
    public const string Progress = "progress";

    /// <summary>Who holds the migration (lease).</summary>
    public const string Holder = "holder";

    /// <summary>Until when the holder's lease stands: UTC, RFC 3339.</summary>
    public const string HeldUntil = "held-until";
}
