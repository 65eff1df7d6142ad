using System.Collections.Immutable;
using VmMigrate.Engine.Facts.Keys;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Naming;

/// <summary>Naming and collision.</summary>
internal static class NamingChecks
{
    internal static ImmutableArray<Check> All { get; } =
    [
        new("name.valid", Warns, "CWL", "the VM's name is not legal at the target", NameRules.ValidRule)
        {
            Core = true,
            Why = "The target would refuse or change it.",
            Fix = "Set target.name.",
            Source = "FL, FV, AZV, HARV-50",
            At = "target.name",
        },
        new("name.length.derived", Stops, "CWL", "a derived name is too long", NameRules.DerivedRule)
        {
            Pairs = "any > KU",
            Why = "Labels and volumes end at 63 characters.",
            Fix = "Set a shorter target.name.",
            Source = "HARV-685, FV",
            At = "target.name",
        },
        new("name.exists", Impossible, "CWL", "a VM of that name is at the target already", TargetNameTaken.Name)
        {
            Core = true,
            Why = "The definition would be refused after the copy, or worse, replace that VM.",
            Fix = "Set target.name to another name, or move that VM out of the way.",
            Source = "FV",
            At = "target.name",
        },
        new("name.duplicate-plan", Impossible, "CWL", "another migration makes the same name", NameRules.DuplicateRule)
        {
            Core = true,
            Why = "One of them would fail at its end.",
            Fix = "Set target.name.",
            Source = "FV",
            At = "target.name",
        },
        new("name.template", Stops, "CWL", "a name template is broken", Has(PlanFact.TemplateBroken))
        {
            Why = "Names would collide or be refused.",
            Fix = "Mend it.",
            Source = "FV",
            At = "target.name",
        },
        new("name.case-fold", Stops, "CWL", "a name differs from another by case only", NameRules.CaseRule)
        {
            Pairs = "any > KU AZ VS HV",
            Why = "The target takes them for one.",
            Fix = "Set target.name.",
            Source = "J",
            At = "target.name",
        },
        new("name.tags", Warns, "CWL", "more tags than the target takes", Exceeds(VmFact.Tags, SiteFact.TagMax))
        {
            Why = "Some are dropped.",
            Fix = "Choose which to keep.",
            Source = "FD",
            At = "vm",
        },
        new("name.resource-group", Impossible, "CWL", "the folder, namespace or resource group is missing", Has(SiteFact.FolderMissing))
        {
            Why = "The target refuses the VM.",
            Fix = "Make it.",
            Source = "FV",
        },
        new("name.already-migrated", Tells, "CWL", "the VM was migrated already", Elsewhere("the VM's stamps say that it lives at the target", "the planner: such a VM is not judged again"))
        {
            Why = "Nothing has to move.",
            Fix = "Nothing needs to be done.",
            Source = "FV",
            At = "vm",
        },
        new("name.unicode", Warns, "CWL", "the name has characters that tools refuse", NameRules.UnicodeRule)
        {
            Why = "Tools fail with odd errors.",
            Fix = "Set target.name.",
            Source = "AZV, V2V",
            At = "target.name",
        },
    ];
}
