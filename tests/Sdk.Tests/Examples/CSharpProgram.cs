using System.Collections;
using System.Reflection;
using Newtonsoft.Json.Linq;
using VmMigrate.Sdk.Tests.Dotnet;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Examples;

/// <summary>Runs a C# program on the generated SDK and the stand-in for the package Pulumi, and reads what it declared.</summary>
internal static class CSharpProgram
{
    /// <summary>What ImplicitUsings gives a console project.</summary>
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    internal static async Task<Declaration> RunAsync(string folder, IReadOnlyDictionary<string, string> config)
    {
        var sources = Directory.EnumerateFiles(Repository.At(folder), "*.cs").Select(path => (Path.GetFileName(path), File.ReadAllText(path)));
        using var loaded = SdkBuild.Load(sources.Append(("Usings.cs", ImplicitUsings)));
        var values = (IDictionary)loaded.Pulumi.GetType("Pulumi.Config")!.GetProperty("Values")!.GetValue(null)!;
        foreach (var (key, value) in config)
        {
            values[key] = value;
        }

        var entry = loaded.Program!.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
            .Single(method => method.Name == "<Main>$");
        Assert.Equal(0, await (Task<int>)entry.Invoke(null, [Array.Empty<string>()])!);

        var deployment = loaded.Pulumi.GetType("Pulumi.Deployment")!;
        var resources = new SortedDictionary<string, JToken>(StringComparer.Ordinal);
        foreach (var declared in (IEnumerable)deployment.GetProperty("Declared")!.GetValue(null)!)
        {
            var parts = (System.Runtime.CompilerServices.ITuple)declared;
            resources.Add($"{parts[0]} {parts[1]}", Tree(loaded, parts[2])!);
        }

        var outputs = (IDictionary<string, object?>)deployment.GetProperty("Outputs")!.GetValue(null)!;
        return new(resources, [.. outputs.Keys]);
    }

    private static JToken? Tree(LoadedSdk loaded, object? value)
    {
        if (value is null)
        {
            return null;
        }

        var type = value.GetType();
        if (type.GetInterface("Pulumi.IInput") is { } input)
        {
            return Tree(loaded, input.GetProperty("Content")!.GetValue(value));
        }

        if (type.GetCustomAttributes(loaded.Pulumi.GetType("Pulumi.EnumTypeAttribute")!, true).Length > 0)
        {
            return value.ToString();
        }

        return value switch
        {
            string or bool or int or double => JToken.FromObject(value),
            IDictionary map => new JObject(map.Keys.Cast<string>().Select(key => new JProperty(key, Tree(loaded, map[key])))),
            IEnumerable list => new JArray(list.Cast<object>().Select(item => Tree(loaded, item))),
            _ => new JObject(
                from member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                let name = (string?)loaded.Attribute(member, "InputAttribute", "Name")
                where name is not null
                let content = member is FieldInfo field ? field.GetValue(value) : ((PropertyInfo)member).GetValue(value)
                where content is not null
                select new JProperty(name, Tree(loaded, content))),
        };
    }
}
