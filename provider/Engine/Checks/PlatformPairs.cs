using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace VmMigrate.Engine.Checks;

/// <summary>From which platforms to which a check applies: <c>VS HV > any</c>, <c>KV KU = same</c> (both sides of one kind).</summary>
internal sealed class PlatformPairs
{
    /// <summary>The catalogue's short words and the keys that sites have.</summary>
    internal static FrozenDictionary<string, string> Codes { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["KV"] = "libvirt",
        ["VS"] = "vsphere",
        ["AW"] = "aws",
        ["HV"] = "hyperv",
        ["AZ"] = "azure",
        ["GC"] = "gcp",
        ["KU"] = "kubevirt",
        ["PH"] = "physical",
        ["OV"] = "ovirt",
        ["OS"] = "openstack",
        ["OVA"] = "ova",
        ["XEN"] = "xen",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly string[] Cloud = ["AW", "AZ", "GC"];
    private static readonly string[] OnPremises = ["KV", "VS", "HV", "KU"];

    private static readonly ConcurrentDictionary<string, PlatformPairs> Read = new(StringComparer.Ordinal);

    private readonly FrozenSet<string>? _from;
    private readonly FrozenSet<string>? _to;
    private readonly bool _same;

    private PlatformPairs(string text)
    {
        var parts = text.Split('>', '=');
        _same = text.Contains('=', StringComparison.Ordinal);
        _from = Set(parts[0]);
        _to = _same ? _from : Set(parts[1]);
    }

    internal static PlatformPairs Of(string text) => Read.GetOrAdd(text, static key => new PlatformPairs(key));

    internal bool Covers(string from, string to) => (_from?.Contains(from) ?? true) && (_to?.Contains(to) ?? true) && (!_same || from == to);

    /// <summary>True when it can apply between two of these platforms.</summary>
    internal bool CoversAny(IReadOnlyCollection<string> platforms) => platforms.Any(from => platforms.Any(to => Covers(from, to)));

    private static FrozenSet<string>? Set(string words)
    {
        var list = words.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return list is ["any"] ? null : list.SelectMany(word => word switch
        {
            "cloud" => Cloud,
            "onprem" => OnPremises,
            _ => [word],
        }).Select(code => Codes[code]).ToFrozenSet(StringComparer.Ordinal);
    }
}
