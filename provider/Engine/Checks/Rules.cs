using System.Collections.Immutable;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks;

/// <summary>The shapes that most checks have. Each goes through all that its fact is about: every disk, every card, the host, ...</summary>
internal static class Rules
{
    /// <summary>Trips when it is so.</summary>
    internal static Rule Is(FactKey<bool> key) => Each(key, $"`{key}` is true", (look, item, value) =>
    {
        if (value)
        {
            look.Trip(item.Name, key.Label, "none");
        }
    });

    /// <summary>Trips when it is not so.</summary>
    internal static Rule Not(FactKey<bool> key) => Each(key, $"`{key}` is false", (look, item, value) =>
    {
        if (!value)
        {
            look.Trip(item.Name, $"no {key.Label}", key.Label);
        }
    });

    /// <summary>Trips when the text says anything but <c>none</c>, <c>normal</c> or nothing.</summary>
    internal static Rule Has(FactKey<string> key) => Each(key, $"`{key}` is neither empty nor `none`", (look, item, value) =>
    {
        if (value is not ("" or "none"))
        {
            look.Trip(item.Name, $"{key.Label} {value}", "none");
        }
    });

    internal static Rule Has(FactKey<ImmutableArray<string>> key) => Each(key, $"`{key}` is not empty", (look, item, value) =>
    {
        if (!value.IsEmpty)
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", "none");
        }
    });

    internal static Rule Has(FactKey<double> key) => Each(key, $"`{key}` is above 0", (look, item, value) =>
    {
        if (value > 0)
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", "none");
        }
    });

    /// <summary>As <see cref="Has(FactKey{ImmutableArray{string}})"/>, about the source's side.</summary>
    internal static Rule HasAtSource(FactKey<ImmutableArray<string>> key) => AtSource(key, value => !value.IsEmpty, "is not empty", "none");

    internal static Rule HasAtSource(FactKey<double> key) => AtSource(key, value => value > 0, "is above 0", "none");

    internal static Rule IsAtSource(FactKey<bool> key) => AtSource(key, value => value, "is true", "none");

    /// <summary>Trips when the text is one of these.</summary>
    internal static Rule In(FactKey<string> key, params string[] bad) => Each(key, $"`{key}` is {Or(bad)}", (look, item, value) =>
    {
        if (bad.Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(item.Name, $"{key.Label} {value}", $"anything but {string.Join(", ", bad)}");
        }
    });

    /// <summary>Trips when the text is none of these.</summary>
    internal static Rule NotIn(FactKey<string> key, params string[] good) => Each(key, $"`{key}` is not {Or(good)}", (look, item, value) =>
    {
        if (!good.Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(item.Name, $"{key.Label} {value}", string.Join(" or ", good));
        }
    });

    /// <summary>Trips above a threshold of the policy.</summary>
    internal static Rule Over(FactKey<double> key, PolicyKey most) => Each(key, $"`{key}` is above policy `{most}`", (look, item, value) =>
    {
        if (value > look.Limit(most))
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", $"at most {key.Print(look.Limit(most))}");
        }
    }) with
    { Thresholds = [most] };

    /// <summary>Trips below a threshold of the policy.</summary>
    internal static Rule Under(FactKey<double> key, PolicyKey least) => Each(key, $"`{key}` is below policy `{least}`", (look, item, value) =>
    {
        if (value < look.Limit(least))
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", $"at least {key.Print(look.Limit(least))}");
        }
    }) with
    { Thresholds = [least] };

    /// <summary>Trips when the date is over, or nearer than a threshold of the policy.</summary>
    internal static Rule Ends(FactKey<DateTimeOffset> key, PolicyKey? notice = null) => Each(key, notice is null ? $"`{key}` is over" : $"`{key}` is nearer than policy `{notice}`", (look, item, value) =>
    {
        var needed = look.Subject.Now + TimeSpan.FromSeconds(notice is null ? 0 : look.Limit(notice));
        if (value < needed)
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", $"after {key.Print(needed)}");
        }
    }) with
    { Thresholds = notice is null ? [] : [notice] };

    /// <summary>Trips when what is needed is more than there is.</summary>
    internal static Rule Exceeds(FactKey<double> need, FactKey<double> have) => Each(need, $"`{need}` is above `{have}`", (look, item, value) =>
    {
        // Nothing is no more than any limit, whether that is known or not.
        if (value > 0 && look.Get(have, out var limit) && value > limit)
        {
            look.Trip(item.Name, $"{need.Label} {need.Print(value)}", $"at most {have.Print(limit)} ({have.Label})");
        }
    }) with
    { Facts = [need, have] };

    /// <summary>Trips when there is less than is needed, for two facts whose second is the requirement.</summary>
    internal static Rule Below(FactKey<double> have, FactKey<double> need) => Each(have, $"`{have}` is below `{need}`", (look, item, value) =>
    {
        if (look.Get(need, out var least) && value < least)
        {
            look.Trip(item.Name, $"{have.Label} {have.Print(value)}", $"at least {need.Print(least)} ({need.Label})");
        }
    }) with
    { Facts = [have, need] };

    /// <summary>Trips when the target has less than the source of the same.</summary>
    internal static Rule LessThanSource(FactKey<double> key) => Each(key, $"the target's `{key}` is below the source's", (look, item, value) =>
    {
        if (look.Get(key, out var before, source: true) && value < before)
        {
            look.Trip(item.Name, $"{key.Label} {key.Print(value)}", $"at least the source's {key.Print(before)}");
        }
    });

    /// <summary>Trips when both sides differ in it.</summary>
    internal static Rule DiffersFromSource(FactKey<string> key) => Each(key, $"the target's `{key}` differs from the source's", (look, item, value) =>
    {
        if (look.Get(key, out var before, source: true) && !string.Equals(value, before, StringComparison.OrdinalIgnoreCase))
        {
            look.Trip(item.Name, $"{key.Label} {value}", $"the source's {before}");
        }
    });

    /// <summary>Trips when two texts differ.</summary>
    internal static Rule Differs(FactKey<string> key, FactKey<string> other) => Each(key, $"`{key}` differs from `{other}`", (look, item, value) =>
    {
        if (look.Get(other, out var wanted) && !string.Equals(value, wanted, StringComparison.OrdinalIgnoreCase))
        {
            look.Trip(item.Name, $"{key.Label} {value}", $"{wanted} ({other.Label})");
        }
    }) with
    { Facts = [key, other] };

    /// <summary>Trips when the text is not in a list.</summary>
    internal static Rule Outside(FactKey<string> key, FactKey<ImmutableArray<string>> list) => Each(key, $"`{key}` is not in `{list}`", (look, item, value) =>
    {
        if (look.Get(list, out var known) && !known.Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            look.Trip(item.Name, $"{key.Label} {value}", $"one of {list.Print(known)} ({list.Label})");
        }
    }) with
    { Facts = [key, list] };

    /// <summary>Trips when a list has what the other lacks.</summary>
    internal static Rule Lacks(FactKey<ImmutableArray<string>> needed, FactKey<ImmutableArray<string>> there) => Each(needed, $"`{needed}` has what `{there}` lacks", (look, item, value) =>
    {
        if (!value.IsEmpty && look.Get(there, out var known) && value.Except(known, StringComparer.OrdinalIgnoreCase).ToImmutableArray() is { IsEmpty: false } missing)
        {
            look.Trip(item.Name, $"{needed.Label} {needed.Print(value)}", $"{there.Label} with {needed.Print(missing)}");
        }
    }) with
    { Facts = [needed, there] };

    /// <summary>Trips when one feature is used and the other is not there.</summary>
    internal static Rule Without(FactKey<bool> used, FactKey<bool> offered) => Each(used, $"`{used}` is true and `{offered}` is false", (look, item, value) =>
    {
        if (value && look.Get(offered, out var there) && !there)
        {
            look.Trip(item.Name, used.Label, offered.Label);
        }
    }) with
    { Facts = [used, offered] };

    /// <summary>Trips when both are so.</summary>
    internal static Rule Both(FactKey<bool> first, FactKey<bool> second) => Each(first, $"`{first}` and `{second}` are true", (look, item, value) =>
    {
        if (value && look.Get(second, out var also) && also)
        {
            look.Trip(item.Name, $"{first.Label} and {second.Label}", "not both");
        }
    }) with
    { Facts = [first, second] };

    /// <summary>A rule in code of its own.</summary>
    internal static Rule Own(string trips, ImmutableArray<FactKey> facts, Action<Look> judge) => new(trips, judge) { Facts = facts };

    /// <summary>What placement found while it chose: findings with the check's own id.</summary>
    internal static Rule FromPlacing(string id, string trips) => new(trips, look =>
    {
        foreach (var finding in look.Subject.Placing.Where(finding => finding.Id == id))
        {
            look.Add(finding);
        }
    });

    internal static Rule Elsewhere(string trips, string where) => new(trips, _ => { }) { Elsewhere = where };

    internal static Guard If(FactKey<bool> key) => new($"`{key}` is true", [key], look => look.Get(key, out var value) && value);

    internal static Guard IfNot(FactKey<bool> key) => new($"`{key}` is false", [key], look => look.Get(key, out var value) && !value);

    internal static Guard If(FactKey<string> key, params string[] values) =>
        new($"`{key}` is {Or(values)}", [key], look => look.Get(key, out var value) && values.Contains(value, StringComparer.OrdinalIgnoreCase));

    /// <summary>Holds when the user has declared it and it is so; nobody else could know, so not having said so is a no.</summary>
    internal static Guard IfDeclared(FactKey<bool> key) => new($"`{key}` is declared", [key], look => look.Peek(key).Or(false));

    internal static Guard And(Guard first, Guard second) => new($"{first.Text} and {second.Text}", [.. first.Facts, .. second.Facts], look => first.Holds(look) && second.Holds(look));

    /// <summary>Two of a kind keep the definition.</summary>
    internal static Guard PlatformsDiffer { get; } = new("the platforms differ", [], look => look.Subject.From.Kind != look.Subject.To.Kind);

    internal static Guard Windows { get; } = If(GuestFact.Family, "windows");

    internal static Guard Linux { get; } = If(GuestFact.Family, "linux");

    private static Rule AtSource<T>(FactKey<T> key, Func<T, bool> wrong, string trips, string needed) => new($"`source.{key}` {trips}", look =>
    {
        if (look.Get(key, out var value, source: true) && wrong(value))
        {
            look.Trip($"site {look.Subject.From.Site}", value is bool ? key.Label : $"{key.Label} {key.Print(value)}", needed);
        }
    })
    { Facts = [key] };

    private static Rule Each<T>(FactKey<T> key, string trips, Action<Look, Item, T> judge) => new(trips, look =>
    {
        if (key.Scope is FactScope.Host or FactScope.Pool or FactScope.Site)
        {
            // There is one; where it is not known, the fact is missed.
            if (look.Get(key, out var only))
            {
                judge(look, look.Items(key.Scope).First(), only);
            }

            return;
        }

        foreach (var item in look.Items(key.Scope))
        {
            if (look.Get(key, item, out var value))
            {
                judge(look, item, value);
            }
        }
    })
    { Facts = [key] };

    private static string Or(string[] words) => string.Join(" or ", words.Select(word => $"`{word}`"));
}
