using System.Globalization;

namespace VmMigrate.TestEc2;

/// <summary>The parameters of one call of the query protocol. What a handler does not read is unknown to the service, and refused as such.</summary>
internal sealed class QueryParameters
{
    private readonly Dictionary<string, string> _all;
    private readonly HashSet<string> _unread;

    internal QueryParameters(Dictionary<string, string> all)
    {
        _all = all;
        _unread = [.. all.Keys.Where(key => key is not ("Action" or "Version" or "DryRun" or "AWSAccessKeyId"))];
    }

    internal string Action => _all.GetValueOrDefault("Action") ?? throw Ec2Error.Missing("Action");

    internal bool DryRun => _all.GetValueOrDefault("DryRun") == "true";

    internal string? Text(string name)
    {
        _unread.Remove(name);
        return _all.GetValueOrDefault(name);
    }

    internal string Need(string name) => Text(name) is { Length: > 0 } text ? text : throw Ec2Error.Missing(name);

    internal int? Number(string name) => Text(name) is not { } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new Ec2Error(400, "InvalidParameterValue", $"Value ({text}) for parameter {name} is invalid.");

    internal bool? Flag(string name) => Text(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => throw new Ec2Error(400, "InvalidParameterValue", $"Value ({other}) for parameter {name} is invalid."),
    };

    /// <summary>name.1, name.2, ...</summary>
    internal List<string> List(string name) => [.. Prefixes(name).Select(prefix => Need(prefix))];

    /// <summary>The prefixes name.1, name.2, ... that any parameter has.</summary>
    internal List<string> Prefixes(string name)
    {
        var found = new List<string>();
        for (var i = 1; ; i++)
        {
            var prefix = $"{name}.{i}";
            if (!_all.Keys.Any(key => key == prefix || key.StartsWith(prefix + ".", StringComparison.Ordinal)))
            {
                return found;
            }

            found.Add(prefix);
        }
    }

    internal bool Any(string prefix) => _all.Keys.Any(key => key == prefix || key.StartsWith(prefix + ".", StringComparison.Ordinal));

    internal Dictionary<string, List<string>> Filters(params string[] known)
    {
        var filters = new Dictionary<string, List<string>>();
        foreach (var prefix in Prefixes("Filter"))
        {
            var name = Need(prefix + ".Name");
            if (!known.Contains(name) && !(name.StartsWith("tag:", StringComparison.Ordinal) || name == "tag-key"))
            {
                throw new Ec2Error(400, "InvalidParameterValue", $"The filter '{name}' is invalid");
            }

            filters[name] = List(prefix + ".Value");
        }

        return filters;
    }

    internal Dictionary<string, string> Tags(string prefix) => Prefixes(prefix + "Tag").ToDictionary(tag => CheckedKey(Need(tag + ".Key")), tag => CheckedValue(Text(tag + ".Value") ?? ""));

    /// <summary>The tags that a call gives to what it makes, by kind of resource.</summary>
    internal Dictionary<string, Dictionary<string, string>> TagSpecifications(params string[] kinds)
    {
        var found = new Dictionary<string, Dictionary<string, string>>();
        foreach (var prefix in Prefixes("TagSpecification"))
        {
            var kind = Need(prefix + ".ResourceType");
            if (!kinds.Contains(kind))
            {
                throw new Ec2Error(400, "InvalidParameterValue", $"'{kind}' is not a valid taggable resource type for this operation.");
            }

            found[kind] = Tags(prefix + ".");
        }

        return found;
    }

    /// <summary>Call it before anything is changed.</summary>
    internal void Done()
    {
        if (_unread.Count > 0)
        {
            throw new Ec2Error(400, "UnknownParameter", $"The parameter {_unread.Order(StringComparer.Ordinal).First()} is not recognized");
        }
    }

    internal static string CheckedKey(string key) => key.Length is > 0 and <= 128 && !key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)
        ? key
        : throw new Ec2Error(400, "InvalidParameterValue", $"Tag key '{key}' is longer than 128 characters, empty, or reserved.");

    internal static string CheckedValue(string value) => value.Length <= 256
        ? value
        : throw new Ec2Error(400, "InvalidParameterValue", $"Tag value exceeds the maximum length of 256 characters.");
}
