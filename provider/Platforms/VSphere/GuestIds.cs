namespace VmMigrate.Platforms.VSphere;

/// <summary>vSphere's word for a guest's system, from what an agent of another platform says. It chooses defaults and Tools; a guest boots with any.</summary>
internal static class GuestIds
{
    private static readonly (string Words, string Id)[] Known =
    [
        ("Windows Server 2025", "windows2022srvNext_64Guest"),
        ("Windows Server 2022", "windows2019srvNext_64Guest"),
        ("Windows Server 2019", "windows2019srv_64Guest"),
        ("Windows Server", "windows9Server64Guest"),
        ("Windows", "windows9_64Guest"),
        ("Debian", "debian10_64Guest"),
        ("Ubuntu", "ubuntu64Guest"),
        ("Red Hat", "rhel7_64Guest"),
        ("Rocky", "centos7_64Guest"),
        ("AlmaLinux", "centos7_64Guest"),
        ("CentOS", "centos7_64Guest"),
        ("Oracle Linux", "oracleLinux7_64Guest"),
        ("SUSE", "sles12_64Guest"),
        ("FreeBSD", "freebsd64Guest"),
    ];

    /// <remarks>No id that vSphere 6.5 lacks, but for systems that it cannot run.</remarks>
    internal static string For(string os) =>
        Known.FirstOrDefault(one => os.Contains(one.Words, StringComparison.OrdinalIgnoreCase)).Id ?? "otherLinux64Guest";
}
