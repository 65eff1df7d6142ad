namespace VmMigrate.Host.Terraform;

/// <summary>Watches, within one process of core's, that one migration is not driven by two objects of the state.</summary>
/// <remarks>
/// An id follows from which VM is meant, so a renamed resource (without a <c>moved</c> block) and the two objects that
/// <c>create_before_destroy</c> keeps for a while have the same id. To destroy the one would take the other's VM back.
/// </remarks>
internal sealed class DeclaredOnce
{
    private readonly Lock one = new();
    private readonly HashSet<string> applied = new(StringComparer.Ordinal);
    private readonly HashSet<string> created = new(StringComparer.Ordinal);
    private readonly HashSet<string> kept = new(StringComparer.Ordinal);
    private readonly HashSet<string> destroyed = new(StringComparer.Ordinal);

    /// <returns>What is wrong, or null.</returns>
    internal string? PlanCreate(string id)
    {
        lock (one)
        {
            return destroyed.Contains(id) ? TwoChanges
                : kept.Contains(id) || !created.Add(id)
                    ? "Two resources declare the migration of the same VM. One VM can have one place only: remove one of them."
                : null;
        }
    }

    internal string? PlanKeep(string id)
    {
        lock (one)
        {
            kept.Add(id);
            return destroyed.Contains(id) ? TwoChanges : null;
        }
    }

    /// <summary>Which kind of destroy it is: of the migration, or of an object that need not hold it.</summary>
    internal (PlannedChange Change, string? Fault) PlanDestroy(string id)
    {
        lock (one)
        {
            if (applied.Contains(id) || kept.Contains(id))
            {
                return (PlannedChange.Release, null);
            }

            destroyed.Add(id);
            return (PlannedChange.Destroy, created.Contains(id) ? TwoChanges : null);
        }
    }

    internal void Applied(string id)
    {
        lock (one)
        {
            applied.Add(id);
        }
    }

    private const string TwoChanges =
        "One resource of this plan destroys the migration that another one declares. If you renamed the resource, say so with a `moved` block;"
        + " otherwise apply the removal first and the new declaration after it.";
}
