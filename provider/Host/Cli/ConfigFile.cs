using System.Globalization;
using System.Text.RegularExpressions;
using VmMigrate.Engine.Values;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace VmMigrate.Host.Cli;

/// <summary>
/// Reads YAML, and JSON, which is YAML too, into a neutral tree. A text that is <c>${env:NAME}</c> or <c>${file:PATH}</c> as a whole is taken from the
/// environment or from a file, so that no secret need stand in the config.
/// </summary>
internal static partial class ConfigFile
{
    /// <exception cref="CliException">It cannot be read; the message says where and why.</exception>
    internal static MapValue Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {e.Message}");
        }

        return Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <param name="folder">Where relative paths in <c>${file:PATH}</c> begin.</param>
    internal static MapValue Parse(string text, string name, string folder)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new CliException($"{name} is neither YAML nor JSON, line {e.Start.Line}: {e.Message}");
        }

        return stream.Documents switch
        {
            [] => Value.EmptyMap,
            [var document] => Tree(document.RootNode, name, folder, 0).AsMap ?? throw new CliException($"{name} holds no mapping. It wants the provider's config, which begins with `sites:`."),
            _ => throw new CliException($"{name} holds {stream.Documents.Count} documents. It wants one."),
        };
    }

    private static Value Tree(YamlNode node, string name, string folder, int depth)
    {
        // An alias that contains itself, or a file that is made to exhaust us.
        if (depth > 50)
        {
            throw new CliException($"{name} is nested too deeply, at line {node.Start.Line}.");
        }

        switch (node)
        {
            case YamlMappingNode map:
                var entries = new Dictionary<string, Value>(StringComparer.Ordinal);
                foreach (var (key, value) in map.Children)
                {
                    var word = (key as YamlScalarNode)?.Value ?? throw new CliException($"{name}, line {key.Start.Line}: a key must be a word.");
                    entries[word] = Tree(value, name, folder, depth + 1);
                }

                return Value.Map(entries);
            case YamlSequenceNode list:
                return Value.List(list.Children.Select(item => Tree(item, name, folder, depth + 1)).ToList());
            default:
                return Scalar((YamlScalarNode)node, name, folder);
        }
    }

    private static Value Scalar(YamlScalarNode node, string name, string folder)
    {
        var text = node.Value ?? "";
        if (Reference().Match(text) is { Success: true } reference)
        {
            return Value.Text(Resolve(reference.Groups["kind"].Value, reference.Groups["name"].Value, name, node.Start.Line, folder));
        }

        if (node.Style != ScalarStyle.Plain)
        {
            return Value.Text(text);
        }

        // YAML 1.2's core schema: what a plain word means.
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => Value.Null,
            "true" or "True" or "TRUE" => Value.Bool(true),
            "false" or "False" or "FALSE" => Value.Bool(false),
            _ when Numeral().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => Value.Number(number),
            _ => Value.Text(text),
        };
    }

    private static string Resolve(string kind, string what, string name, long line, string folder)
    {
        if (kind == "env")
        {
            return Environment.GetEnvironmentVariable(what) is { Length: > 0 } value
                ? value
                : throw new CliException($"{name}, line {line}: the environment variable {what} is not set.");
        }

        try
        {
            // Editors and `echo` end a file with a line break that is no part of a password.
            return File.ReadAllText(Path.GetFullPath(what, folder)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{name}, line {line}: {what} cannot be read: {e.Message}");
        }
    }

    [GeneratedRegex(@"^\$\{(?<kind>env|file):(?<name>[^}]+)\}$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Numeral();
}

/// <summary>A command cannot go on. The message is whole, for a person.</summary>
internal sealed class CliException : Exception
{
    public CliException(string message)
        : base(message)
    {
    }

    public CliException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public CliException()
    {
    }
}
