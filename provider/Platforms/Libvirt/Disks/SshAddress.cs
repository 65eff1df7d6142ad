namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>Where ssh goes, as libvirt's URI says it.</summary>
/// <param name="KeyFile">The URI's <c>keyfile</c>.</param>
/// <param name="Verify">False with the URI's <c>no_verify=1</c>.</param>
/// <param name="Program">The URI's <c>command</c>.</param>
internal sealed record SshAddress(string Host, int Port, string? User, string? KeyFile, bool Verify, string Program)
{
    internal static SshAddress Of(LibvirtUri uri) =>
        new(uri.Host, uri.Port, uri.User, uri["keyfile"], uri["no_verify"] is null or "0", uri["command"] ?? "ssh");

    /// <summary>Options and destination of a call that must not ask anything.</summary>
    internal IEnumerable<string> Arguments(IEnumerable<string> more)
    {
        yield return "-T";
        foreach (var option in Options)
        {
            yield return "-o";
            yield return option;
        }

        if (Port > 0)
        {
            yield return "-p";
            yield return Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (KeyFile is not null)
        {
            yield return "-i";
            yield return KeyFile;
        }

        foreach (var one in more)
        {
            yield return one;
        }

        if (User is not null)
        {
            yield return "-l";
            yield return User;
        }

        yield return "--";
        yield return Host.Trim('[', ']');
    }

    private IEnumerable<string> Options =>
    [
        "BatchMode=yes",
        "ConnectTimeout=15",
        // A dead link is noticed after 3 × 10 s.
        "ServerAliveInterval=10",
        "ServerAliveCountMax=3",
        "ExitOnForwardFailure=yes",
        // A shared connection would outlive this call, and with it the forwarded socket.
        "ControlPath=none",
        .. Verify ? Array.Empty<string>() : ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"],
    ];
}
