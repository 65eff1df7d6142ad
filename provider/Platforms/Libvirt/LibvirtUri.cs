namespace VmMigrate.Platforms.Libvirt;

/// <summary>A connection URI as libvirt has them (https://libvirt.org/uri.html), taken apart as far as we need it.</summary>
internal sealed class LibvirtUri
{
    private readonly Uri _uri;

    internal LibvirtUri(string text)
    {
        _uri = new Uri(text, UriKind.Absolute);
        var scheme = _uri.Scheme.Split('+', 2);
        Transport = scheme.Length == 2 ? scheme[1] : Host.Length == 0 ? "unix" : "tls";
    }

    /// <summary><c>unix</c>, <c>ssh</c>, <c>tls</c>, <c>tcp</c>, <c>libssh</c>, ...</summary>
    internal string Transport { get; }

    /// <summary>Empty for this machine.</summary>
    internal string Host => _uri.Host;

    /// <summary>0 when none is given.</summary>
    internal int Port => _uri.IsDefaultPort ? 0 : Math.Max(_uri.Port, 0);

    internal string? User => _uri.UserInfo.Length == 0 ? null : Uri.UnescapeDataString(_uri.UserInfo.Split(':')[0]);

    /// <summary>The daemon runs on this machine, so its disks' paths are paths here.</summary>
    internal bool IsLocal => Host.Length == 0 && Transport == "unix";

    internal bool IsSsh => Transport is "ssh" or "libssh" or "libssh2";

    /// <summary>A value of the query, such as <c>keyfile</c>.</summary>
    internal string? this[string key]
    {
        get
        {
            foreach (var pair in _uri.Query.TrimStart('?').Split(['&', ';'], StringSplitOptions.RemoveEmptyEntries))
            {
                var parts = pair.Split('=', 2);
                if (parts[0] == key)
                {
                    return parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
                }
            }

            return null;
        }
    }

    /// <summary>Without a password.</summary>
    internal string Public =>
        _uri.UserInfo.Contains(':', StringComparison.Ordinal) ? _uri.OriginalString.Replace(_uri.UserInfo, _uri.UserInfo.Split(':')[0], StringComparison.Ordinal) : _uri.OriginalString;

    /// <summary>What libvirt gets: an ssh that must not ask, because nobody is there to answer.</summary>
    internal string ForOpen =>
        Transport == "ssh" && this["no_tty"] is null
            ? _uri.OriginalString + (_uri.Query.Length == 0 ? "?" : "&") + "no_tty=1"
            : _uri.OriginalString;
}
