using FsCheck.Xunit;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Resources.Migration;

namespace VmMigrate.Host.Tests.Resources;

/// <summary>A diff tells what differs in meaning, at its exact path, and nothing else: over random declarations of the whole schema.</summary>
public sealed class DiffProperties
{
    private static readonly ObjectType[] Types = [MigrationType.Type.InputObject, Package.Model.ConfigObject];

    [Property(MaxTest = 400)]
    public bool What_is_said_in_other_words_is_no_change(int seed)
    {
        foreach (var type in Types)
        {
            var declared = new Declarations(seed).Make(type);
            var changes = InputDiff.Compare(type, declared, new Declarations(seed + 1).Restate(type, declared));
            Assert.True(changes.IsEmpty, $"{string.Join(", ", changes.Select(change => change.Path))}: {declared}");
        }

        return true;
    }

    [Property(MaxTest = 400)]
    public bool A_change_of_one_place_is_one_change_at_that_place(int seed)
    {
        foreach (var type in Types)
        {
            var declared = new Declarations(seed).Make(type);
            var leaves = Declarations.Leaves(FieldType.Of(type), declared, PropertyPath.Root).ToList();
            if (leaves.Count == 0)
            {
                continue;
            }

            var at = leaves[new Random(seed).Next(leaves.Count)].At;
            var changed = Declarations.ChangeAt(FieldType.Of(type), declared, at, PropertyPath.Root);
            var change = Assert.Single(InputDiff.Compare(type, declared, new Declarations(seed + 1).Restate(type, changed)));
            Assert.Equal((at.ToString(), ChangeKind.Update), (change.Path.ToString(), change.Kind));
        }

        return true;
    }
}
