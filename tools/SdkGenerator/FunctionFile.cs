namespace VmMigrate.SdkGenerator;

/// <summary>A function: a direct call, two calls on outputs, their args and the result.</summary>
internal static class FunctionFile
{
    internal static string Write(PackageSpec package, FunctionSpec function)
    {
        var types = new TypeNames(package);
        var code = new CodeWriter(DotnetSdk.Usings);
        var name = Names.Class(function.Token);
        var optional = function.Inputs.All(field => !field.Required);
        var (mark, empty) = optional ? ("?", " = null") : ("", "");

        code.Block($"namespace {package.Namespace}", () =>
        {
            code.Block($"public static class {name}", () =>
            {
                Call($"Task<{name}Result> InvokeAsync({name}Args{mark} args{empty}, InvokeOptions? options = null)", "InvokeAsync", $"{name}Args");
                code.Line();
                Call($"Output<{name}Result> Invoke({name}InvokeArgs{mark} args{empty}, InvokeOptions? options = null)", "Invoke", $"{name}InvokeArgs");
                code.Line();
                Call($"Output<{name}Result> Invoke({name}InvokeArgs args, InvokeOutputOptions options)", "Invoke", $"{name}InvokeArgs");
            });
            code.Line();
            new ArgsClass($"{name}Args", "InvokeArgs", "", function.Inputs, IsPlain: true).Write(code, types);
            new ArgsClass($"{name}InvokeArgs", "InvokeArgs", "", function.Inputs).Write(code, types);
            code.Line();
            new OutputClass($"{name}Result", "", function.Outputs).Write(code, types);
        });
        return code.ToString();

        void Call(string signature, string method, string args)
        {
            code.Summary(function.Description);
            code.Line($"public static {signature}");
            code.Continued($"=> global::Pulumi.Deployment.Instance.{method}<{name}Result>(\"{function.Token}\", args ?? new {args}(), options.WithDefaults());");
        }
    }
}
