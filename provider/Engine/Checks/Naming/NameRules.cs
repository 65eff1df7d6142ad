using System.Text.RegularExpressions;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Naming;

/// <summary>Names at the target.</summary>
internal static class NameRules
{
    internal static Rule ValidRule { get; } = Rules.Own("the target's name breaks `site.namePattern` or is longer than `site.nameMax`", [SiteFact.NamePattern, SiteFact.NameMax], look =>
    {
        var name = look.Subject.Placement.Name;
        if (look.Get(SiteFact.NameMax, out var most) && name.Length > most)
        {
            look.Trip(null, $"\"{name}\" with {name.Length} characters", $"at most {most}, such as \"{name[..(int)most]}\"");
        }

        if (look.Get(SiteFact.NamePattern, out var pattern) && !Regex.IsMatch(name, $"^(?:{pattern})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
        {
            look.Trip(null, $"\"{name}\"", $"a name like \"{Legal(name)}\" ({pattern})");
        }
    });

    internal static Rule DerivedRule { get; } = Rules.Own("`plan.derivedNameLength`, or the name with its longest ending, is above 63", [PlanFact.DerivedNameLength], look =>
    {
        if (look.Get(PlanFact.DerivedNameLength, out var length) && length > 63)
        {
            look.Trip(null, $"a derived name of {length} characters", "at most 63");
        }
    });

    internal static Rule DuplicateRule { get; } = Rules.Own("another migration of this run takes the same name at the same site", [], look =>
    {
        if (look.Subject.Others.Names.Contains(look.Subject.Placement.Name))
        {
            look.Say(
                $"Another migration of this run makes a VM \"{look.Subject.Placement.Name}\" at site \"{look.Subject.To.Site}\" too. Set target.name of one of them.",
                at: PropertyPath.Of("target.name"));
        }
    });

    internal static Rule CaseRule { get; } = Rules.Own("a VM at the target has the name but for its case", [], look =>
    {
        foreach (var other in look.Subject.To.Vms.Where(other => other.MigrationId != look.Subject.MigrationId
            && other.Name != look.Subject.Placement.Name && string.Equals(other.Name, look.Subject.Placement.Name, StringComparison.OrdinalIgnoreCase)))
        {
            look.Trip(null, $"\"{look.Subject.Placement.Name}\" and \"{other.Name}\"", "names that differ by more");
        }
    });

    internal static Rule UnicodeRule { get; } = Rules.Own("the name has characters outside ASCII, or one of `site.refusedCharacters`", [SiteFact.Unicode], look =>
    {
        var name = look.Subject.Placement.Name;
        if (name.Where(letter => !char.IsAscii(letter) || look.Peek(SiteFact.Unicode).Or("").Contains(letter)).Distinct().ToArray() is { Length: > 0 } odd)
        {
            look.Trip(null, $"\"{name}\" with {string.Join(" ", odd)}", "plain ASCII letters, digits and hyphens");
        }
    });

    private static string Legal(string name) =>
        new string([.. name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]).Trim('-');
}
