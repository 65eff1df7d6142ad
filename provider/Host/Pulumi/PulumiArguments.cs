using System.Globalization;
using System.Net;

namespace VmMigrate.Host.Pulumi;

/// <summary>The engine's command line: flags of its own that we have no use for, then its address.</summary>
internal static class PulumiArguments
{
    /// <summary>The last argument where that is an address such as <c>127.0.0.1:40123</c>; otherwise null, as when started by hand.</summary>
    internal static string? EngineAddress(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            return null;
        }

        var last = arguments[^1];
        var colon = last.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(last.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && (IPAddress.TryParse(last.AsSpan(0, colon), out _) || Uri.CheckHostName(last[..colon]) == UriHostNameType.Dns)
            ? last
            : null;
    }
}
