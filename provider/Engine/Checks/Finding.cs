using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Worth knowing; also: a fact that could not be seen.</summary>
    Note,

    /// <summary>The run goes on.</summary>
    Warning,

    /// <summary>The run stops before it changes anything.</summary>
    Error,
}

/// <summary>One thing that is wrong or worth knowing: with the input, or found by preflight.</summary>
/// <param name="Id">Stable for ever, such as <c>capacity.storage.space</c> or <c>input.unknown-property</c>.</param>
/// <param name="At">The property that the user can change; <see cref="PropertyPath.Root"/> where none stands for it.</param>
/// <param name="Message">What was found, what is needed, why it matters and what to do. Real values, never a secret.</param>
public sealed record Finding(string Id, Severity Severity, PropertyPath At, string Message)
{
    /// <summary>What it is about where that is not the property, such as a disk's name.</summary>
    public string? Subject { get; init; }

    /// <summary>False for what is physically or legally impossible.</summary>
    public bool Waivable { get; init; }

    /// <summary>Who says so where it is not us: the platform's own verdict.</summary>
    public string? Origin { get; init; }

    /// <summary>What to do about it, where it stands alone; it is a part of <see cref="Message"/> already.</summary>
    public string? Fix { get; init; }

    /// <summary>Who waived it; the severity is then <see cref="Severity.Note"/>.</summary>
    public Waived? Waived { get; init; }

    public static Finding Error(string id, PropertyPath at, string message) => new(id, Severity.Error, at, message);

    public static Finding Warning(string id, PropertyPath at, string message) => new(id, Severity.Warning, at, message) { Waivable = true };

    public static Finding Note(string id, PropertyPath at, string message) => new(id, Severity.Note, at, message);
}
