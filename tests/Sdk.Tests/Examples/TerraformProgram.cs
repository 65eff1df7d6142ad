using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace VmMigrate.Sdk.Tests.Examples;

/// <summary>Reads as much of Terraform's language as the examples use: blocks, attributes, literals, references to variables.</summary>
internal sealed partial class TerraformProgram
{
    private readonly Queue<string> tokens;
    private readonly Dictionary<string, JToken> variables = [];
    private readonly Declaration declaration = new(new(StringComparer.Ordinal), []);

    private TerraformProgram(string text) => tokens = new(Tokens().Matches(text).Select(match => match.Value).Where(token => !token.StartsWith('#')));

    /// <param name="providerName">Terraform's provider blocks have no name; Pulumi's have.</param>
    internal static Declaration Parse(string text, string providerName)
    {
        var program = new TerraformProgram(text);
        while (program.tokens.Count > 0)
        {
            program.Block(providerName);
        }

        return program.declaration;
    }

    private void Block(string providerName)
    {
        var kind = tokens.Dequeue();
        var labels = new List<string>();
        while (tokens.Peek() != "{")
        {
            labels.Add(tokens.Dequeue().Trim('"'));
        }

        var isForeign = kind is "data" || (kind is "provider" or "resource" && !labels[0].StartsWith("vmmigrate", StringComparison.Ordinal));
        var body = kind is "terraform" or "output" || isForeign ? Skip() : Map();
        switch (kind)
        {
            case "variable":
                variables[labels[0]] = body["default"] ?? "";
                break;
            case "provider" or "resource" or "data" when isForeign:
                break;
            case "provider":
                declaration.Resources.Add($"pulumi:providers:{labels[0]} {providerName}", body);
                break;
            case "resource":
                var type = Camel(labels[0]).Split('_')[0];
                declaration.Resources.Add($"vmmigrate:index:{type["vmmigrate".Length..]} {labels[1]}", body);
                break;
            case "output":
                declaration.Outputs.Add(Camel(labels[0]));
                break;
        }
    }

    private JObject Skip()
    {
        var depth = 0;
        do
        {
            depth += tokens.Dequeue() switch { "{" => 1, "}" => -1, _ => 0 };
        }
        while (depth > 0);
        return [];
    }

    private JObject Map()
    {
        var map = new JObject();
        Expect("{");
        while (tokens.Peek() != "}")
        {
            var key = tokens.Dequeue();
            Expect("=");
            map[Camel(key)] = Value();
            Comma();
        }

        Expect("}");
        return map;
    }

    private JToken Value()
    {
        switch (tokens.Peek())
        {
            case "{":
                return Map();
            case "[":
                var list = new JArray();
                Expect("[");
                while (tokens.Peek() != "]")
                {
                    list.Add(Value());
                    Comma();
                }

                Expect("]");
                return list;
        }

        var token = tokens.Dequeue();
        return token switch
        {
            "true" => true,
            "false" => false,
            _ when token.StartsWith('"') => token[1..^1],
            _ when long.TryParse(token, out var number) => number,
            _ when token.StartsWith("var.", StringComparison.Ordinal) => variables[token[4..]],
            _ when token.Contains('.', StringComparison.Ordinal) => YamlProgram.Reference + Camel(token.Split('.')[^1]),
            // A variable's type is a bare word.
            _ => token,
        };
    }

    private void Comma()
    {
        if (tokens.Peek() == ",")
        {
            tokens.Dequeue();
        }
    }

    private void Expect(string token) => Assert.Equal(token, tokens.Dequeue());

    /// <summary>storage_pool is storagePool; vmmigrate_migration is vmmigrateMigration.</summary>
    private static string Camel(string name) => Underscore().Replace(name, match => match.Value[1..].ToUpperInvariant());

    [GeneratedRegex("""#[^\n]*|"[^"]*"|[A-Za-z_][A-Za-z0-9_.-]*|[0-9]+|[{}\[\]=,]""")]
    private static partial Regex Tokens();

    [GeneratedRegex("_[a-z]")]
    private static partial Regex Underscore();
}
