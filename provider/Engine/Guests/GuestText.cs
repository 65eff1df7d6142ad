using System.Text.RegularExpressions;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Guests;

/// <summary>From what was read of a Linux guest's files to facts. Pure. What was not found where it would stand stays unknown; only what was seen to be missing is false.</summary>
internal static partial class GuestText
{
    /// <summary>Commands of guestfish, one a line; a minus lets it go on where a file is not there. Nothing of the guest is run.</summary>
    internal const string Script =
        """
        echo @@os-release
        -cat /etc/os-release
        echo @@fstab
        -cat /etc/fstab
        echo @@kernels
        -ls /lib/modules
        echo @@modules
        -glob-expand /lib/modules/*/kernel/drivers/net/ethernet/amazon/ena/ena.ko*
        -glob-expand /lib/modules/*/kernel/drivers/nvme/host/nvme.ko*
        -glob-expand /lib/modules/*/kernel/drivers/block/virtio_blk.ko*
        -glob-expand /lib/modules/*/kernel/drivers/net/virtio_net.ko*
        echo @@builtin
        -glob grep '/\(ena\|nvme\|virtio_blk\|virtio_net\|ext4\)\.ko' /lib/modules/*/modules.builtin
        echo @@cmdline
        -glob egrep '^[[:space:]]*(linux|linux16|linuxefi)[[:space:]]' /boot/grub*/grub.cfg
        -glob egrep '^options[[:space:]]' /boot/loader/entries/*.conf
        echo @@names
        -glob egrep '(ATTR.address|HWADDR=|macaddress:|mac-address=)' /etc/udev/rules.d/*persistent-net.rules
        -glob egrep '^HWADDR=' /etc/sysconfig/network-scripts/ifcfg-*
        -glob egrep 'macaddress:' /etc/netplan/*.yaml
        -glob egrep '^mac-address=' /etc/NetworkManager/system-connections/*.nmconnection
        echo @@addresses
        -glob egrep '^[[:space:]]*address[[:space:]]' /etc/network/interfaces
        -glob egrep '^[[:space:]]*address[[:space:]]' /etc/network/interfaces.d/*
        -glob egrep '^IPADDR' /etc/sysconfig/network-scripts/ifcfg-*
        -glob egrep '^[[:space:]]*(-|addresses:)[[:space:]]*.?[0-9]+\.[0-9]+\.' /etc/netplan/*.yaml
        -glob egrep '^address[0-9]*=' /etc/NetworkManager/system-connections/*.nmconnection
        -glob egrep '^Address=' /etc/systemd/network/*.network
        echo @@network
        -glob-expand /etc/network/interfaces
        -glob-expand /etc/netplan/*.yaml
        -glob-expand /etc/sysconfig/network-scripts/ifcfg-*
        -glob-expand /etc/NetworkManager/system-connections/*.nmconnection
        -glob-expand /etc/systemd/network/*.network
        echo @@cloudinit
        -glob-expand /usr/bin/cloud-init
        echo @@efi
        -glob-expand /boot/efi/EFI/*
        -glob-expand /boot/efi/EFI/BOOT/BOOT*.EFI
        echo @@filesystems
        -list-filesystems
        echo @@end
        """;

    /// <returns>Null where the text does not come from a whole run of the script.</returns>
    internal static FactSet? Read(string text, string origin)
    {
        var parts = Split(text);
        if (!parts.ContainsKey("end"))
        {
            return null;
        }

        var facts = FactSet.Empty;
        if (Value(parts["os-release"], "PRETTY_NAME") is { } os)
        {
            facts = facts.With(GuestFact.Os, os, origin);
        }

        if (parts["fstab"].Length > 0 || parts["kernels"].Length > 0)
        {
            facts = facts.With(GuestFact.Family, "linux", origin);
        }

        if (parts["kernels"].Length > 0 && (parts["builtin"].Length > 0 || parts["modules"].Length > 0))
        {
            bool Has(string driver) => parts["modules"].Concat(parts["builtin"]).Any(line => line.Contains($"/{driver}.ko", StringComparison.Ordinal));
            facts = facts.With(GuestFact.Ena, Has("ena"), origin).With(GuestFact.Nvme, Has("nvme"), origin).With(GuestFact.Virtio, Has("virtio_blk") && Has("virtio_net"), origin);
        }

        if (parts["fstab"].Length > 0)
        {
            var mounts = parts["fstab"].Select(line => line.Trim().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length >= 3 && !words[0].StartsWith('#')).ToList();
            facts = facts
                .With(GuestFact.FstabPaths, (double)mounts.Count(words => words[0].StartsWith("/dev/disk/by-path/", StringComparison.Ordinal)), origin)
                .With(GuestFact.FstabNames, (double)mounts.Count(words => DeviceName().IsMatch(words[0])), origin)
                .With(GuestFact.NetworkMounts, [.. mounts.Where(words => words[2] is "nfs" or "nfs4" or "cifs" && !(words.Length > 3 && words[3].Contains("nofail", StringComparison.Ordinal))).Select(words => words[1])], origin);
        }

        if (parts["cmdline"].Length > 0)
        {
            facts = facts
                .With(GuestFact.CmdlineRoot, string.Join(' ', parts["cmdline"].SelectMany(line => line.Split(' ', '\t')).Where(word => RootName().IsMatch(word)).Distinct(StringComparer.Ordinal)), origin)
                .With(GuestFact.Console, parts["cmdline"].Any(line => line.Contains("console=ttyS", StringComparison.Ordinal)), origin);
        }

        if (parts["network"].Length > 0)
        {
            facts = facts
                .With(GuestFact.PersistentNames, parts["names"].Length > 0, origin)
                .With(GuestFact.StaticAddresses, [.. parts["addresses"].SelectMany(line => Address().Matches(line).Select(match => match.Value)).Where(one => !one.StartsWith("127.", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)], origin);
        }

        if (parts["efi"].Length > 0)
        {
            facts = facts.With(GuestFact.FallbackLoader, parts["efi"].Any(line => line.Contains("/BOOT/BOOT", StringComparison.OrdinalIgnoreCase)), origin);
        }

        var systems = parts["filesystems"].Select(line => line.Split(": ")).Where(words => words.Length == 2).ToList();
        return facts
            .With(GuestFact.CloudInit, parts["cloudinit"].Length > 0, origin)
            .With(GuestFact.Filesystems, [.. systems.Select(words => words[1]).Where(type => type is not ("unknown" or "swap" or "crypto_LUKS")).Distinct(StringComparer.Ordinal)], origin)
            .With(GuestFact.Luks, [.. systems.Where(words => words[1] == "crypto_LUKS").Select(words => words[0])], origin);
    }

    private static Dictionary<string, string[]> Split(string text)
    {
        var parts = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? part = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                parts[line[2..].Trim()] = part = [];
            }
            else if (!string.IsNullOrWhiteSpace(line))
            {
                part?.Add(line.TrimEnd());
            }
        }

        return parts.ToDictionary(one => one.Key, one => one.Value.ToArray(), StringComparer.Ordinal);
    }

    private static string? Value(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal)) is { } line ? line[(name.Length + 1)..].Trim('"', '\'') : null;

    [GeneratedRegex("^/dev/(sd|hd|vd|xvd|nvme)[a-z0-9]")]
    private static partial Regex DeviceName();

    [GeneratedRegex("^(root|resume)=/dev/(sd|hd|vd|xvd|nvme|disk/by-path)")]
    private static partial Regex RootName();

    [GeneratedRegex(@"\b\d{1,3}(\.\d{1,3}){3}\b")]
    private static partial Regex Address();
}
