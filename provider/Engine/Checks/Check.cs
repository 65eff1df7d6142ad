using System.Collections.Immutable;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Checks;

/// <summary>How much a check weighs. Data, so that a release can lower it without code.</summary>
public enum Weight
{
    /// <summary>Worth knowing.</summary>
    Tells,

    /// <summary>The run goes on.</summary>
    Warns,

    /// <summary>Stops the run before it changes anything, unless it is waived.</summary>
    Stops,

    /// <summary>Stops the run; physically or legally impossible, so nobody can waive it.</summary>
    Impossible,
}

/// <summary>One check of preflight: what it means, to whom it applies, and the rule that judges. No I/O.</summary>
/// <param name="Id">Stable for ever, such as <c>cpu.arch</c>.</param>
/// <param name="Weight">What a finding weighs where the rule does not say otherwise.</param>
/// <param name="Modes">The modes it applies to: letters of C (cold), W (warm), L (live).</param>
/// <param name="Title">What is wrong when it trips, as a sentence without its end.</param>
/// <param name="Rule">What is compared.</param>
public sealed record Check(string Id, Weight Weight, string Modes, string Title, Rule Rule)
{
    /// <summary>What happens if it is ignored.</summary>
    public required string Why { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Fix { get; init; }

    /// <summary>Where the rule comes from: a vendor's document, a peer's experience, or our own judgement.</summary>
    public string Source { get; init; } = "";

    /// <summary>From which platforms to which, such as <c>VS HV > any</c>.</summary>
    public string Pairs { get; init; } = "any > any";

    /// <summary>Earlier ids of the same check. An id is never used again.</summary>
    /// <summary>Of the core set of the catalogue (★).</summary>
    public bool Core { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>The input that the user can change.</summary>
    public string At { get; init; } = "target";

    /// <summary>Further words for the docs: exceptions, and where vendors disagree.</summary>
    public string Remarks { get; init; } = "";

    public Severity Severity => SeverityOf(Weight);

    public bool Waivable => Weight is Weight.Warns or Weight.Stops;

    public static Severity SeverityOf(Weight weight) => weight switch
    {
        Weight.Tells => Severity.Note,
        Weight.Warns => Severity.Warning,
        _ => Severity.Error,
    };

    internal bool AppliesTo(CheckSubject subject) =>
        Modes.Contains(subject.Mode[0], StringComparison.Ordinal) && PlatformPairs.Of(Pairs).Covers(subject.From.Kind, subject.To.Kind);
}

/// <summary>What a check compares.</summary>
/// <param name="Trips">When it trips, in words, for the docs.</param>
/// <param name="Judge">Looks at facts and gives findings.</param>
public sealed record Rule(string Trips, Action<Look> Judge)
{
    public ImmutableArray<FactKey> Facts { get; init; } = [];

    public ImmutableArray<PolicyKey> Thresholds { get; init; } = [];

    /// <summary>Judged where no VM or no site can be looked at yet, so <see cref="Judge"/> has nothing to do; says where.</summary>
    public string? Elsewhere { get; init; }

    /// <summary>Judges only where <paramref name="guard"/> holds.</summary>
    public Rule When(Guard guard) => new($"{guard.Text}: {Trips}", look =>
    {
        if (guard.Holds(look))
        {
            Judge(look);
        }
    })
    {
        Facts = [.. guard.Facts, .. Facts],
        Thresholds = Thresholds,
    };
}

/// <summary>When a rule is worth asking at all. Where its own fact is unknown it does not hold, and the check is not judged.</summary>
public sealed record Guard(string Text, ImmutableArray<FactKey> Facts, Func<Look, bool> Holds);

/// <summary>A check that could not see all of its facts.</summary>
/// <param name="Missing">Each fact and why it is unknown.</param>
public sealed record NotJudged(Check Check, ImmutableArray<MissingFact> Missing);

/// <param name="Fact">Its name, with the disk or card it is about.</param>
public sealed record MissingFact(string Fact, string Why);

/// <summary>What all checks together say.</summary>
public sealed record Judgement(ImmutableArray<Finding> Findings, ImmutableArray<NotJudged> NotJudged, ImmutableArray<string> Passed);
