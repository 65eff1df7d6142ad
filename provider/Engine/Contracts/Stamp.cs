using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

public enum StampRole
{
    /// <summary>The VM as it was before the move.</summary>
    Source,

    /// <summary>The copy, and after cutover the VM.</summary>
    Target,

    /// <summary>A throw-away clone of the copied disks, for a test boot.</summary>
    Test,
}

/// <summary>
/// What a migration writes on a VM, in the platform's own metadata: whose it is, and the few facts that another runner with empty
/// disks needs in order to go on or to go back. Everything here is small text; nothing is secret.
/// </summary>
/// <param name="MigrationId">Deterministic, made from the declaration.</param>
/// <param name="Notes">Facts by name (<see cref="StampNotes"/>), in ordinal order.</param>
public sealed record Stamp(string MigrationId, StampRole Role, ImmutableSortedDictionary<string, string> Notes)
{
    public Stamp(string migrationId, StampRole role)
        : this(migrationId, role, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal))
    {
    }

    public string? this[string note] => Notes.GetValueOrDefault(note);

    /// <summary>The same in another role.</summary>
    public Stamp As(StampRole role) => this with { Role = role };

    /// <summary>With a note set, or removed when the text is null.</summary>
    public Stamp With(string note, string? text) =>
        this with { Notes = text is null ? Notes.Remove(note) : Notes.SetItem(note, text) };
}
