using VmMigrate.Engine.Values;

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
    private readonly Dictionary<string, Value> created = new(StringComparer.Ordinal);
    private readonly HashSet<string> finished = new(StringComparer.Ordinal);
    private readonly HashSet<string> kept = new(StringComparer.Ordinal);
    private readonly HashSet<string> destroyed = new(StringComparer.Ordinal);

    /// <summary>Core names no resource, and may plan one twice: when the apply begins, with values that were unknown before. So a declaration that the first one may have become is taken for the same resource's.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal string? PlanCreate(string id, Value config)
    {
        lock (one)
        {
            if (destroyed.Contains(id))
            {
                return TwoChanges;
            }

            if (kept.Contains(id) || (created.TryGetValue(id, out var first) && !MayHaveBecome(first, config)))
            {
                return TwoResources;
            }

            created[id] = config;
            return null;
        }
    }

    /// <summary>One object of the state has the migration: a create after it is another's, whose declaration says the same.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal string? ApplyCreate(string id)
    {
        lock (one)
        {
            return finished.Contains(id) ? TwoResources : null;
        }
    }

    internal void Gone(string id)
    {
        lock (one)
        {
            finished.Remove(id);
        }
    }

    internal void Created(string id)
    {
        lock (one)
        {
            finished.Add(id);
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
            return (PlannedChange.Destroy, created.ContainsKey(id) ? TwoChanges : null);
        }
    }

    internal void Applied(string id)
    {
        lock (one)
        {
            applied.Add(id);
        }
    }

    private static bool MayHaveBecome(Value first, Value now) => (first, now) switch
    {
        (UnknownValue, _) => true,
        (SecretValue a, SecretValue b) => MayHaveBecome(a.Content, b.Content),
        (ListValue a, ListValue b) => a.Items.Length == b.Items.Length && a.Items.Zip(b.Items).All(pair => MayHaveBecome(pair.First, pair.Second)),
        (MapValue a, MapValue b) => a.Entries.Count == b.Entries.Count && a.Entries.All(entry => b.Entries.TryGetValue(entry.Key, out var value) && MayHaveBecome(entry.Value, value)),
        _ => first.Equals(now),
    };

    private const string TwoResources = "Two resources declare the migration of the same VM. One VM can have one place only: remove one of them.";

    private const string TwoChanges =
        "One resource of this plan destroys the migration that another one declares. If you renamed the resource, say so with a `moved` block;"
        + " otherwise apply the removal first and the new declaration after it.";
}
