using System.Text;
using VmMigrate.Engine.Schema;
using VmMigrate.Host.Terraform;

namespace VmMigrate.Host.Resources;

/// <summary>Writes the resource model as a page for people, with the names of both engines side by side.</summary>
internal static class ReferenceWriter
{
    internal static string Write(PackageModel model)
    {
        var page = new StringBuilder();
        var types = new NamedTypes(model);
        page.Append($"# {model.DisplayName} {model.Version}: reference\n\n");
        page.Append("Written from the resource model by `make generate`; do not edit. Where one name stands, both engines use it; else Pulumi's comes first and Terraform's second.\n");
        page.Append("A field marked *required* must be given. One marked *replaces* makes another resource when it changes.\n");

        page.Append($"\n## Provider\n\n{model.Description}\n\nPulumi: `pulumi:providers:{model.Name}`. Terraform: `provider \"{model.Name}\"`.\n\n");
        Fields(page, model.Config);

        foreach (var resource in model.Resources)
        {
            page.Append($"\n## Resource {resource.Name}\n\n{resource.Description}\n\n");
            page.Append($"Pulumi: `{model.Name}:index:{resource.Name}`. Terraform: `{model.Name}_{TerraformNames.Snake(resource.Name)}`.\n\n### Inputs\n\n");
            Fields(page, resource.Inputs);
            page.Append("\n### Outputs\n\nAll inputs, and:\n\n");
            Fields(page, resource.Outputs);
        }

        foreach (var function in model.Functions)
        {
            page.Append($"\n## Function {function.Name}\n\n{function.Description}\n\n");
            page.Append($"Pulumi: `{model.Name}:index:{function.Name}`. Terraform: `data \"{model.Name}_{TerraformNames.DataSource(function.Name)}\"`.\n\n### Arguments\n\n");
            Groups(page, function.Inputs);
            Fields(page, function.Inputs.Fields);
            page.Append("\n### Result\n\n");
            Fields(page, function.Outputs.Fields);
        }

        page.Append("\n## Objects\n");
        foreach (var type in types.Objects.Values)
        {
            page.Append($"\n### {type.Name}\n\n{FieldText.Of(type)}\n\n");
            Fields(page, type.Fields);
        }

        page.Append("\n## Words\n");
        foreach (var type in types.Enums.Values)
        {
            page.Append($"\n### {type.Name}\n\n{type.Description}\n\n| Word | Meaning |\n| --- | --- |\n");
            foreach (var word in type.Words)
            {
                page.Append($"| `{word.Name}` | {Cell(word.Description)} |\n");
            }
        }

        return page.ToString();
    }

    private static void Groups(StringBuilder page, ObjectType type)
    {
        var text = FieldText.Of(type with { Description = "" }).Trim();
        if (text.Length > 0)
        {
            page.Append($"{text}\n\n");
        }
    }

    private static void Fields(StringBuilder page, IReadOnlyCollection<Field> fields)
    {
        if (fields.Count == 0)
        {
            page.Append("It has no fields.\n");
            return;
        }

        page.Append("| Name | Type | Meaning |\n| --- | --- | --- |\n");
        foreach (var field in fields)
        {
            var terraform = TerraformNames.Snake(field.Name);
            var names = terraform == field.Name ? $"`{field.Name}`" : $"`{field.Name}` `{terraform}`";
            page.Append($"| {names} | {Type(field.Type)} | {Cell(FieldText.Of(field))}{Marks(field)} |\n");
        }
    }

    private static string Marks(Field field)
    {
        var marks = new List<string>();
        if (field.Required)
        {
            marks.Add("*Required.*");
        }

        if (field.Default is { } value)
        {
            marks.Add($"Default: `{value.AsText ?? value.ToString()}`.");
        }

        if (field.Replaces)
        {
            marks.Add("*Replaces.*");
        }

        if (field.Secret)
        {
            marks.Add("*Secret.*");
        }

        return string.Concat(marks.Select(mark => " " + mark));
    }

    private static string Type(FieldType type) => type switch
    {
        TextType { Format: TextFormat.Duration } => "duration",
        TextType { Format: TextFormat.Size } => "size",
        TextType { Format: TextFormat.Rate } => "rate",
        TextType => "text",
        BoolType => "true or false",
        IntegerType => "whole number",
        NumberType => "number",
        ListType list => $"list of {Type(list.Item)}",
        MapType map => $"map of {Type(map.Item)}",
        ObjectRef { Type.Name: var name } => Link(name),
        EnumRef { Type.Name: var name } => Link(name),
        _ => throw new InvalidOperationException($"No words for {type}."),
    };

    private static string Link(string name) => $"[{name}](#{name.ToLowerInvariant()})";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
