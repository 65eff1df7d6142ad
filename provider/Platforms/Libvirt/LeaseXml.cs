using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>A lease as the definition of one of libvirt's secret objects, which hold no secret here: only a UUID, a description and a usage.</summary>
/// <remarks>
/// Of all that libvirt keeps, secrets are what a host without storage pools has too, what no guest and no `virsh list` shows, and what is made exclusively: a
/// second secret for the same usage is refused. The UUID is the lease's token, the usage names the migration, so whose lease stands is decided by libvirt.
/// </remarks>
internal static class LeaseXml
{
    private const string Separator = " | ";

    /// <summary>No volume has this path (see the fence).</summary>
    internal static string Usage(string migrationId) => $"/nonexistent/vmmigrate/lease/{migrationId}";

    internal static string Write(Lease lease) => Xml.Print(
        new XElement(
            "secret",
            new XAttribute("ephemeral", "no"),
            new XAttribute("private", "no"),
            new XElement("uuid", lease.Token.ToString()),
            new XElement("description", string.Join(Separator, "vmmigrate lease", Instant(lease.Since), Instant(lease.Until), lease.Process, lease.Holder)),
            new XElement("usage", new XAttribute("type", "volume"), new XElement("volume", Usage(lease.MigrationId)))));

    /// <summary>What is written in a way that we do not know (a later version's, a hand's) counts as a lease without an end: it is taken over only when it has not changed while somebody waited.</summary>
    internal static Lease Read(string migrationId, XElement secret)
    {
        var token = Guid.TryParse(secret.Text("uuid"), out var uuid) ? uuid : Guid.Empty;
        return (secret.Text("description") ?? "").Split(Separator, 5) is [_, var since, var until, var process, var holder]
            && DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var from)
            && DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var to)
            ? new Lease(migrationId, token, holder, process, from, to)
            : new Lease(migrationId, token, $"somebody unknown (secret {token})", "", DateTimeOffset.MinValue, DateTimeOffset.MaxValue.AddDays(-1));
    }

    private static string Instant(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);
}
