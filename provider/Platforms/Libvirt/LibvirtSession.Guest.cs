namespace VmMigrate.Platforms.Libvirt;

/// <summary>What the guest's agent tells, a group at a time: agents lack some of them.</summary>
internal sealed unsafe partial class LibvirtSession
{
    private const uint OsGroup = 2;
    private const uint HostnameGroup = 8;
    private const uint FilesystemGroup = 16;

    /// <summary>The guest's operating system as its agent tells it, such as <c>Debian GNU/Linux 12 (bookworm)</c>; null when it does not.</summary>
    internal static string? AgentOs(DomainHandle domain) => AgentGroup(domain, OsGroup) is not { } known ? null
        : known.GetValueOrDefault("os.pretty-name")
            ?? (known.GetValueOrDefault("os.name") is { } name ? $"{name} {known.GetValueOrDefault("os.version")}".Trim() : known.GetValueOrDefault("os.id"));

    internal static string? AgentHostname(DomainHandle domain) => AgentGroup(domain, HostnameGroup)?.GetValueOrDefault("hostname");

    /// <summary>Mounted filesystems; null when the agent does not tell.</summary>
    internal static List<(string MountPoint, string Kind, long? FreeBytes)>? AgentFilesystems(DomainHandle domain)
    {
        if (AgentGroup(domain, FilesystemGroup) is not { } known)
        {
            return null;
        }

        var found = new List<(string, string, long?)>();
        for (var i = 0; known.GetValueOrDefault($"fs.{i}.mountpoint") is { } mount; i++)
        {
            long? free = long.TryParse(known.GetValueOrDefault($"fs.{i}.total-bytes"), out var total) && long.TryParse(known.GetValueOrDefault($"fs.{i}.used-bytes"), out var used) ? total - used : null;
            found.Add((mount, known.GetValueOrDefault($"fs.{i}.fstype") ?? "", free));
        }

        return found;
    }

    private static Dictionary<string, string>? AgentGroup(DomainHandle domain, uint group)
    {
        const int UnsignedLongType = 4;
        const int TextType = 7;
        if (NativeMethods.virDomainGetGuestInfo(domain, group, out var parameters, out var count, 0) < 0)
        {
            return null;
        }

        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            if (parameters[i].Type == TextType)
            {
                known[Utf8(parameters[i].Field)] = Utf8((byte*)parameters[i].Value);
            }
            else if (parameters[i].Type == UnsignedLongType)
            {
                known[Utf8(parameters[i].Field)] = ((ulong)parameters[i].Value).ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        NativeMethods.virTypedParamsFree(parameters, count);
        return known;
    }
}
