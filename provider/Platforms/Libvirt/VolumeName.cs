using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// Names of the volumes that we make. libvirt's volumes have no metadata, so the name carries the stamp:
/// <c>web-01-vda.1f2e3d4c.qcow2</c> is the disk vda of VM web-01 for the migration whose id begins with 1f2e3d4c.
/// </summary>
internal sealed partial record VolumeName(string Vm, string Disk, string ShortId, string Extension)
{
    /// <summary>In the place of a disk's name: what the VM's serial console has shown.</summary>
    private const string ConsoleDisk = "console";

    /// <summary>In the place of a disk's name: the UEFI variables.</summary>
    private const string FirmwareDisk = "nvram";

    private const int ShortIdDigits = 8;

    /// <summary>File systems take 255 bytes; this leaves room for the rest of the name.</summary>
    private const int LongestVmName = 180;

    internal static VolumeName OfDisk(string vm, string disk, string migrationId, string format) => new(Safe(vm), disk, ShortIdOf(migrationId), format);

    internal static VolumeName OfConsole(string vm, string migrationId) => new(Safe(vm), ConsoleDisk, ShortIdOf(migrationId), "log");

    internal static VolumeName OfFirmware(string vm, string migrationId) => new(Safe(vm), FirmwareDisk, ShortIdOf(migrationId), "fd");

    internal bool IsDisk => Disk is not (ConsoleDisk or FirmwareDisk);

    internal static VolumeName? Parse(string name) =>
        Form().Match(name) is { Success: true } match
            ? new VolumeName(match.Groups["vm"].Value, match.Groups["disk"].Value, match.Groups["id"].Value, match.Groups["extension"].Value)
            : null;

    /// <summary>The first 8 hexadecimal digits of the id; of its digest where it begins with something else.</summary>
    internal static string ShortIdOf(string migrationId)
    {
        var digits = migrationId[(migrationId.LastIndexOf('-') + 1)..];
        return digits.Length >= ShortIdDigits && digits[..ShortIdDigits].All(char.IsAsciiHexDigitLower)
            ? digits[..ShortIdDigits]
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(migrationId)))[..ShortIdDigits];
    }

    internal bool BelongsTo(string migrationId) => ShortId == ShortIdOf(migrationId);

    public override string ToString() => $"{Vm}-{Disk}.{ShortId}.{Extension}";

    /// <summary>Letters that no file system and no shell minds.</summary>
    private static string Safe(string vm)
    {
        var safe = string.Concat(vm.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_')).TrimStart('.', '-');
        return safe.Length <= LongestVmName ? safe : safe[..LongestVmName];
    }

    [GeneratedRegex(@"^(?<vm>.+)-(?<disk>[a-z0-9]+)\.(?<id>[0-9a-f]{8})\.(?<extension>[a-z0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
