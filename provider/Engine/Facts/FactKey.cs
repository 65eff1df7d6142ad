using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Facts;

/// <summary>What a fact is about.</summary>
public enum FactScope
{
    Vm,
    Disk,
    Nic,
    Host,
    Pool,
    Network,
    Site,

    /// <summary>The way from the source's site to the target's.</summary>
    Link,

    /// <summary>What only the user can say: windows, licences, promises.</summary>
    Plan,
}

/// <summary>Who can tell a fact; says what must be opened up before a check can judge.</summary>
public enum FactSource
{
    /// <summary>The platform's inventory.</summary>
    Platform,

    /// <summary>The guest's agent.</summary>
    Agent,

    /// <summary>A look into the guest's disks, which preview does not take.</summary>
    Disks,

    /// <summary>A measurement between two places.</summary>
    Probe,

    /// <summary>A history of use.</summary>
    Metrics,

    /// <summary>The user.</summary>
    Declared,
}

public enum FactUnit
{
    None,
    Bytes,
    BytesPerSecond,
    Seconds,
    Percent,
    Hertz,
}

/// <summary>A fact by name: what drivers observe, users declare under <c>facts</c>, and checks judge.</summary>
public abstract class FactKey(string name, FactScope scope, FactSource source, string label)
{
    /// <summary>Stable, such as <c>vm.ha</c>.</summary>
    public string Name { get; } = name;

    public FactScope Scope { get; } = scope;

    public FactSource Source { get; } = source;

    /// <summary>A noun for messages and docs, such as <c>CPU pinning</c>.</summary>
    public string Label { get; } = label;

    /// <summary>What a value looks like, for docs and messages.</summary>
    public abstract string Example { get; }

    /// <summary>Reads a value as a user writes it; null when it is none.</summary>
    public abstract object? Parse(string text);

    /// <summary>Why it is unknown where nobody has said so.</summary>
    public string WhyUnknown => Source switch
    {
        FactSource.Platform => "the platform does not tell",
        FactSource.Agent => "the guest agent does not tell",
        FactSource.Disks => "preview does not look into disks",
        FactSource.Probe => "nothing has measured it",
        FactSource.Metrics => "no history of use is at hand",
        _ => "not declared",
    };

    public override string ToString() => Name;
}

/// <typeparam name="T"><see cref="bool"/>, <see cref="double"/>, <see cref="string"/>, a list of texts, or a date.</typeparam>
public sealed class FactKey<T>(
    string name, FactScope scope, FactSource source, string label, FactUnit unit, Func<object, Fact<T>>? typed)
    : FactKey(name, scope, source, label)
{
    public FactUnit Unit { get; } = unit;

    public override string Example => default(T) is bool ? "true" : default(T) is DateTimeOffset ? "2026-12-31" : Unit switch
    {
        FactUnit.Bytes => "20GiB",
        FactUnit.BytesPerSecond => "1 Gbit/s",
        FactUnit.Seconds => "3 ms",
        FactUnit.Percent => "70",
        FactUnit.Hertz => "2.6 GHz",
        _ => default(T) is double ? "4" : typeof(T) == typeof(string) ? "text" : "a, b",
    };

    /// <summary>What the platform has told about <paramref name="holder"/>: in its set of further facts, else in a property of its own.</summary>
    public Fact<T> Of(IFactHolder holder)
    {
        var observed = holder.Observed.Get(this);
        return observed.IsKnown || typed is null ? observed : typed(holder) is { IsKnown: true } own ? own : Reason(typed(holder), observed);

        // The more telling of two reasons why it is unknown.
        static Fact<T> Reason(Fact<T> own, Fact<T> observed) => own.WhyUnknown == default(Fact<T>).WhyUnknown ? observed : own;
    }

    public override object? Parse(string text)
    {
        var trimmed = text.Trim();
        if (typeof(T) == typeof(string))
        {
            return trimmed;
        }

        if (typeof(T) == typeof(bool))
        {
            return trimmed switch { "true" or "yes" or "on" => true, "false" or "no" or "off" => false, _ => null };
        }

        if (typeof(T) == typeof(DateTimeOffset))
        {
            return DateTimeOffset.TryParse(trimmed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
        }

        if (typeof(T) == typeof(double))
        {
            return Unit switch
            {
                FactUnit.Bytes => Quantity.Size(trimmed) is { } bytes ? (double)bytes : null,
                FactUnit.BytesPerSecond => Quantity.Rate(trimmed),
                FactUnit.Seconds => Quantity.Duration(trimmed)?.TotalSeconds,
                FactUnit.Percent => Number(trimmed.TrimEnd('%')),
                FactUnit.Hertz => trimmed.EndsWith("GHz", StringComparison.Ordinal) ? Number(trimmed[..^3]) * 1e9
                    : trimmed.EndsWith("MHz", StringComparison.Ordinal) ? Number(trimmed[..^3]) * 1e6 : null,
                _ => Number(trimmed),
            };
        }

        return ImmutableArray.Create(trimmed is "" or "none" ? [] : trimmed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The value as people read it.</summary>
    public string Print(T value) => value switch
    {
        bool flag => flag ? "yes" : "no",
        double number => Human.Number(number, Unit),
        DateTimeOffset date => date.ToString("yyyy-MM-dd HH:mm' UTC'", CultureInfo.InvariantCulture),
        ImmutableArray<string> list => list.IsEmpty ? "none" : string.Join(", ", list.Take(8)) + (list.Length > 8 ? $" and {list.Length - 8} more" : ""),
        _ => $"{value}",
    };

    private static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}

/// <summary>Something that facts are about.</summary>
public interface IFactHolder
{
    /// <summary>Facts without a property of their own.</summary>
    FactSet Observed { get; }
}
