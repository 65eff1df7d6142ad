namespace VmMigrate.Platforms.VSphere;

/// <summary>Where a vCenter or ESXi host is and how it is entered, as declared.</summary>
internal sealed record VSphereAddress
{
    /// <summary>The SDK's address, such as <c>https://vc1.example.com/sdk</c>.</summary>
    public required Uri Sdk { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>A session that somebody else has opened: the value of its cookie.</summary>
    public string? SessionToken { get; init; }

    /// <summary>A PEM file with the authorities that may have signed the server's certificate.</summary>
    public string? CaFile { get; init; }

    /// <summary>SHA-256 of the server's own certificate, in upper-case hex without colons.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>The folder of VMware's disk library, for <c>nbdkit vddk</c>.</summary>
    public string? VddkLibrary { get; init; }

    /// <summary>The server that loads the library; null: nbdkit from the path.</summary>
    public string? NbdkitProgram { get; init; }

    /// <summary>The inventory path of the folder for copies; null: the datacenter's own.</summary>
    public string? Folder { get; init; }

    /// <summary>The inventory path of the resource pool for copies; null: that of the host's cluster.</summary>
    public string? ResourcePool { get; init; }

    /// <summary>Whether changed-block tracking may be switched on for a VM that lacks it.</summary>
    public bool EnableChangeTracking { get; init; }

    public string Server => Sdk.IsDefaultPort ? Sdk.Host : $"{Sdk.Host}:{Sdk.Port}";

    /// <summary>From what people write: a host, a host with a port, or the SDK's URL. Null for what is none of these.</summary>
    internal static Uri? ParseServer(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.Host.Length == 0
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.AbsolutePath is not ("/" or "/sdk" or "/sdk/"))
        {
            return null;
        }

        return new UriBuilder(uri) { Path = "/sdk" }.Uri;
    }

    /// <summary>Upper-case hex; null for what is no SHA-256 thumbprint.</summary>
    internal static string? ParseThumbprint(string text)
    {
        var hex = text.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return hex.Length == 64 && hex.All(char.IsAsciiHexDigit) ? hex : null;
    }
}
