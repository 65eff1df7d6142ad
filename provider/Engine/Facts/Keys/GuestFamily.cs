namespace VmMigrate.Engine.Facts.Keys;

/// <summary>From what a guest or a platform calls an operating system to its family.</summary>
internal static class GuestFamily
{
    private static readonly string[] Linuxes =
        ["linux", "debian", "ubuntu", "centos", "rhel", "red hat", "fedora", "suse", "sles", "alma", "rocky", "oracle", "arch", "alpine", "cirros", "photon", "gentoo", "amazon", "amzn"];

    internal static string Of(string os) =>
        os.Contains("win", StringComparison.OrdinalIgnoreCase) && !os.Contains("darwin", StringComparison.OrdinalIgnoreCase) ? "windows"
        : Linuxes.Any(name => os.Contains(name, StringComparison.OrdinalIgnoreCase)) ? "linux"
        : "other";
}
