namespace VmMigrate.Engine.Facts.Keys;

/// <summary>From what a guest or a platform calls an operating system to its family.</summary>
internal static class GuestFamily
{
    private static readonly string[] Linuxes =
        ["linux", "debian", "ubuntu", "centos", "rhel", "red hat", "fedora", "suse", "sles", "alma", "rocky", "oracle", "arch", "alpine", "cirros", "photon", "gentoo", "amazon", "amzn"];

    /// <summary>Names that begin the pretty names of systems that are free to run anywhere: no vendor licenses them by machine.</summary>
    private static readonly string[] Free =
        ["debian", "ubuntu", "almalinux", "alma linux", "rocky linux", "centos", "fedora", "alpine", "arch linux", "opensuse", "gentoo", "nixos", "cirros", "freebsd", "openbsd", "netbsd", "photon"];

    /// <summary>False where it is not known: another system may be free as well.</summary>
    internal static bool IsFree(string os) => Free.Any(name => os.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    internal static string Of(string os) =>
        os.Contains("win", StringComparison.OrdinalIgnoreCase) && !os.Contains("darwin", StringComparison.OrdinalIgnoreCase) ? "windows"
        : Linuxes.Any(name => os.Contains(name, StringComparison.OrdinalIgnoreCase)) ? "linux"
        : "other";
}
