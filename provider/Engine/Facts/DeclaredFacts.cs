using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Facts;

/// <summary>What users write under <c>facts</c>: names and texts.</summary>
public static class DeclaredFacts
{
    private const string LinkWord = "link";

    /// <summary>Reads them; each name or value that cannot be read is an error at its place.</summary>
    /// <param name="allowed">Which names may stand here; others are told as unknown.</param>
    public static (FactSet Facts, ImmutableArray<Finding> Findings) Read(
        IEnumerable<KeyValuePair<string, string>> texts, PropertyPath at, string origin = "user", Func<string, FactKey?>? allowed = null)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var find = allowed ?? FactKeys.FindDeclared;
        var plain = new List<KeyValuePair<string, string>>();
        foreach (var (name, text) in texts)
        {
            if (name != LinkWord || find(LinkFact.Rate.Name) is null)
            {
                plain.Add(KeyValuePair.Create(name, text));
                continue;
            }

            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                FactKey? key = LinkFact.Rate.Parse(part) is not null ? LinkFact.Rate
                    : LinkFact.Latency.Parse(part) is not null ? LinkFact.Latency
                    : part.EndsWith('%') && LinkFact.Loss.Parse(part) is not null ? LinkFact.Loss : null;
                if (key is null)
                {
                    findings.Add(Finding.Error("input.malformed-fact", at.Key(name), $"\"{part}\" is neither a rate, a time nor a loss. A link is written like \"1 Gbit/s, 3 ms\" or \"200 Mbit/s, 20 ms, 0.1 %\"."));
                }
                else
                {
                    plain.Add(KeyValuePair.Create(key.Name, part));
                }
            }
        }

        var set = FactSet.Parse(plain, find, origin, (name, text, key) => findings.Add(key is null
            ? Finding.Error("input.unknown-fact", at.Key(name), $"There is no fact \"{name}\" here.{NearestName.Question(name, FactKeys.All.Select(one => one.Name))} docs/checks/facts.md lists them all.")
            : Finding.Error("input.malformed-fact", at.Key(name), $"\"{text}\" is no value of {name} ({key.Label}). It is written like \"{key.Example}\".")));
        return (set, findings.ToImmutable());
    }
}
