using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using VmMigrate.SdkGenerator;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Dotnet;

/// <summary>Compiles the SDK, and programs on it, against a stand-in for the package Pulumi.</summary>
internal static class SdkBuild
{
    private static readonly MetadataReference[] Framework =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "netstandard.dll" or "mscorlib.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private static readonly Lazy<byte[]> Stub = new(() => Compile(
        "Pulumi", LanguageVersion.Latest, OutputKind.DynamicallyLinkedLibrary, [("Pulumi.cs", File.ReadAllText(Repository.At("tests/Sdk.Tests/Stub/Pulumi.cs")))], [], null));

    private static readonly Lazy<byte[]> Ours = new(() => Sdk(DotnetSdk.Generate(PackageSpec.Parse(File.ReadAllText(Repository.At("schema.json"))))));

    /// <summary>An assembly of the SDK's files. As in its project: C# 10 (net6.0), with the embedded version. A warning fails.</summary>
    internal static byte[] Sdk(IReadOnlyDictionary<string, string> files)
    {
        var name = Path.GetFileNameWithoutExtension(files.Keys.Single(file => file.EndsWith(".csproj", StringComparison.Ordinal)));
        var version = new ResourceDescription($"{name}.version.txt", () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(files["version.txt"])), true);
        var sources = files.Where(file => file.Key.EndsWith(".cs", StringComparison.Ordinal)).Select(file => (file.Key, file.Value));
        return Compile(name, LanguageVersion.CSharp10, OutputKind.DynamicallyLinkedLibrary, sources, [Stub.Value], version);
    }

    /// <summary>The SDK of schema.json and, if there are sources, a program on it.</summary>
    internal static LoadedSdk Load(params IEnumerable<(string Name, string Text)> program)
    {
        var sources = program.ToList();
        var compiled = sources.Count == 0 ? null : Compile("Program", LanguageVersion.Latest, OutputKind.ConsoleApplication, sources, [Stub.Value, Ours.Value], null);
        return new LoadedSdk(Stub.Value, Ours.Value, compiled);
    }

    private static byte[] Compile(
        string name, LanguageVersion version, OutputKind kind, IEnumerable<(string Name, string Text)> sources, IEnumerable<byte[]> references, ResourceDescription? resource)
    {
        var parse = new CSharpParseOptions(version, DocumentationMode.Diagnose);
        var compilation = CSharpCompilation.Create(
            name,
            sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, parse, source.Name)),
            [.. Framework, .. references.Select(image => MetadataReference.CreateFromImage(image))],
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable, specificDiagnosticOptions: Silent));
        using var image = new MemoryStream();
        var result = compilation.Emit(image, manifestResources: resource is null ? null : [resource]);
        var complaints = result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).ToList();
        Assert.True(result.Success && complaints.Count == 0, $"{name}:\n{string.Join('\n', complaints)}");
        return image.ToArray();
    }

    /// <summary>CS1591 (no doc on a public member) is off in the SDK's project; CS1701 is about assembly versions of this compilation only.</summary>
    private static Dictionary<string, ReportDiagnostic> Silent { get; } = new()
    {
        ["CS1591"] = ReportDiagnostic.Suppress,
        ["CS1701"] = ReportDiagnostic.Suppress,
    };
}

/// <summary>The SDK, and perhaps a program, as running code, apart from everything else in this process.</summary>
internal sealed class LoadedSdk : IDisposable
{
    private readonly AssemblyLoadContext context = new("sdk", isCollectible: true);

    internal LoadedSdk(byte[] pulumi, byte[] sdk, byte[]? program)
    {
        Pulumi = context.LoadFromStream(new MemoryStream(pulumi));
        Sdk = context.LoadFromStream(new MemoryStream(sdk));
        Program = program is null ? null : context.LoadFromStream(new MemoryStream(program));
    }

    internal Assembly Pulumi { get; }

    internal Assembly Sdk { get; }

    internal Assembly? Program { get; }

    internal object? Attribute(MemberInfo member, string type, string property)
    {
        var found = member.GetCustomAttributes(Pulumi.GetType($"Pulumi.{type}")!, true).SingleOrDefault();
        return found?.GetType().GetProperty(property)!.GetValue(found);
    }

    /// <summary>In ordinal order. Attributes stand on properties, or on the fields behind them.</summary>
    internal IEnumerable<string> WireNames(Type type, string attribute) =>
        type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(member => (string?)Attribute(member, attribute, "Name"))
            .OfType<string>()
            .Order(StringComparer.Ordinal);

    public void Dispose() => context.Unload();
}
