namespace VmMigrate.Engine.Facts;

/// <summary>A fact that may not have been seen. Unknown is a value of its own: a check that cannot see its fact gives a note, never a pass.</summary>
public readonly record struct Fact<T>
{
    private readonly T _value;
    private readonly string? _whyUnknown;

    private Fact(T value, bool isKnown, string? whyUnknown)
    {
        _value = value;
        IsKnown = isKnown;
        _whyUnknown = whyUnknown;
    }

    public bool IsKnown { get; }

    /// <exception cref="InvalidOperationException">The fact is unknown.</exception>
    public T Value => IsKnown ? _value : throw new InvalidOperationException($"The fact is unknown: {WhyUnknown}.");

    /// <summary>Why it could not be seen; <c>not asked for</c> for a default fact.</summary>
    public string WhyUnknown => _whyUnknown ?? "not asked for";

    public static Fact<T> Known(T value) => new(value, true, null);

    public static Fact<T> Unknown(string why) => new(default!, false, why);

    public T Or(T fallback) => IsKnown ? _value : fallback;

    public bool TryGet(out T value)
    {
        value = _value;
        return IsKnown;
    }

    /// <summary>The same fact in another shape; unknown stays unknown for the same reason.</summary>
    public Fact<TOther> Select<TOther>(Func<T, TOther> change) => IsKnown ? Fact<TOther>.Known(change(_value)) : Fact<TOther>.Unknown(WhyUnknown);

    public override string ToString() => IsKnown ? $"{_value}" : $"unknown ({WhyUnknown})";
}

public static class Fact
{
    public static Fact<T> Known<T>(T value) => Fact<T>.Known(value);
}
