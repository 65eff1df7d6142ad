namespace VmMigrate.SdkGenerator;

/// <summary>A class of values that come back: a function's result or a nested object in an output.</summary>
internal sealed record OutputClass(string Name, string Description, IReadOnlyList<PropertySpec> Fields)
{
    internal void Write(CodeWriter code, TypeNames types)
    {
        code.Line();
        code.Summary(Description);
        code.Line("[OutputType]");
        code.Block($"public sealed class {Name}", () =>
        {
            foreach (var field in Fields)
            {
                code.Summary(field.Description);
                code.Line($"public readonly {types.Output(field)} {field.CSharpName};");
            }

            if (Fields.Count > 0)
            {
                code.Line();
            }

            code.Line("[OutputConstructor]");
            Constructor(code, types);
        });
    }

    private void Constructor(CodeWriter code, TypeNames types)
    {
        var parameters = Fields.Select(field => $"{types.Output(field)} {Names.Parameter(field.Name)}").ToList();
        void Body() => code.Lines(Fields.Select(field => $"{field.CSharpName} = {Names.Parameter(field.Name)};"));
        if (parameters.Count < 2)
        {
            code.Block($"private {Name}({string.Concat(parameters)})", Body);
            return;
        }

        code.Line($"private {Name}(");
        for (var index = 0; index < parameters.Count - 1; index++)
        {
            code.Continued(parameters[index] + ",");
            code.Line();
        }

        code.Block($"    {parameters[^1]})", Body);
    }
}
