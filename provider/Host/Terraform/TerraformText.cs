using System.Collections.Frozen;
using System.Text.RegularExpressions;
using VmMigrate.Engine.Schema;

namespace VmMigrate.Host.Terraform;

/// <summary>Texts of the model and of findings in the words of a Terraform user: <c>storagePool</c> is called <c>storage_pool</c> there.</summary>
internal sealed partial class TerraformText
{
    private readonly FrozenSet<string> names;

    internal TerraformText(PackageModel model)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        Visit(model.Config, found);
        foreach (var resource in model.Resources)
        {
            Visit(resource.Inputs, found);
            Visit(resource.Outputs, found);
        }

        foreach (var function in model.Functions)
        {
            Visit(function.Inputs.Fields, found);
            Visit(function.Outputs.Fields, found);
        }

        names = found.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Rewrites property names where they stand as whole words, and <c>`name: Word`</c> as an assignment.</summary>
    internal string Localize(string text) => Assignment().Replace(
        CamelWord().Replace(text, match => names.Contains(match.Value) ? TerraformNames.Snake(match.Value) : match.Value),
        match => names.Contains(TerraformNames.Camel(match.Groups[1].Value)) ? $"`{match.Groups[1].Value} = {Literal(match.Groups[2].Value)}`" : match.Value);

    private static string Literal(string word) => word is "true" or "false" || char.IsAsciiDigit(word[0]) ? word : $"\"{word}\"";

    private static void Visit(IEnumerable<Field> fields, HashSet<string> found)
    {
        foreach (var field in fields)
        {
            found.Add(field.Name);
            var type = field.Type;
            while (type is ListType or MapType)
            {
                type = type is ListType list ? list.Item : ((MapType)type).Item;
            }

            if (type is ObjectRef { Type.Fields: var inner })
            {
                Visit(inner, found);
            }
        }
    }

    // A name that is part of a longer one ("my-storagePool") is somebody else's.
    [GeneratedRegex(@"(?<![\w-])[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+(?![\w-])", RegexOptions.CultureInvariant)]
    private static partial Regex CamelWord();

    [GeneratedRegex(@"`([a-z_]+): (\w+)`", RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();
}
