using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>All facts of one VM: its definition, and what libvirt and the guest's agent add to it.</summary>
internal static class VmFacts
{
    /// <summary>libvirt's reason for a domain that is off since its QEMU has gone without a word (VIR_DOMAIN_SHUTOFF_CRASHED).</summary>
    private const int ShutOffCrashed = 3;

    /// <param name="askAgent">Ask the guest too: takes up to some seconds where an agent hangs.</param>
    internal static Vm Read(LibvirtSession session, DomainHandle domain, string host, bool askAgent)
    {
        var id = session.Uuid(domain);
        // Passwords included: what is written back (fence, target) must not lose them.
        var definition = Xml.Parse(session.Xml(domain, XmlFlags.Inactive | XmlFlags.Secure));
        var fence = FenceXml.Find(definition);
        var open = FenceXml.Without(definition);
        var (state, reason) = session.State(domain);
        var split = IsSplit(state, reason);
        var running = state is VirDomainState.Running or VirDomainState.Blocked;
        var live = state == VirDomainState.ShutOff ? null : Xml.Parse(session.Xml(domain, 0));
        var vm = DomainXml.Facts(open, id, session.Name(domain));
        var saved = state == VirDomainState.ShutOff && session.HasManagedSave(domain);
        var transient = !session.IsPersistent(domain);
        var agent = AskAgent(session, domain, live, running, askAgent);
        return vm with
        {
            Power = state switch
            {
                VirDomainState.Running or VirDomainState.Blocked => PowerState.Running,
                VirDomainState.Paused when split => PowerState.Running,
                VirDomainState.Paused => PowerState.Paused,
                VirDomainState.ShutOff when !saved => PowerState.Off,
                _ => PowerState.Other,
            },
            Crashed = state == VirDomainState.ShutOff && !saved && session.State(domain).Reason == ShutOffCrashed,
            PowerDetail = saved ? "shut off with saved memory (managed save)" : split ? "running at its new host before all its memory is there (post-copy)" : Word(state),
            IsSplit = split,
            Host = Fact.Known(host),
            Disks = [.. vm.Disks.Select(disk => Measure(session, domain, fence, live, disk))],
            SpecialDevices = transient
                ? vm.SpecialDevices.Add(new SpecialDevice("transient", "no definition on the host: a transient domain, which is gone when it is shut down"))
                : vm.SpecialDevices,
            Snapshots = session.Snapshots(domain) is { } snapshots ? Fact.Known(snapshots) : Fact<int>.Unknown("libvirt could not count them"),
            Autostart = fence is not null
                ? Fact.Known(FenceXml.HadAutostart(fence))
                : session.Autostart(domain) is { } autostart ? Fact.Known(autostart) : Fact<bool>.Unknown("libvirt could not tell"),
            AgentAnswers = agent.Answers,
            GuestOs = agent.Os,
            Addresses = agent.Addresses,
            Observed = running && agent.Answers.Or(false) && askAgent ? GuestFacts(domain, vm.Observed) : vm.Observed,
            BusyWith = Fact.Known(live is null || split ? "" : Job(session, domain, live)),
            NativeDefinition = Native(open),
        };
    }

    /// <summary>The source's half of a post-copy (PAUSED_POSTCOPY, PAUSED_POSTCOPY_FAILED).</summary>
    internal static bool IsSplit(VirDomainState state, int reason) => state == VirDomainState.Paused && reason is 12 or 13;

    /// <summary>The definition without what we write on it, so that it reads the same at every step of a migration.</summary>
    private static string Native(XElement open)
    {
        var plain = new XElement(open);
        StampXml.Put(plain, null);
        TargetDefinition.DropMark(plain);
        return Xml.Print(plain);
    }

    private static Disk Measure(LibvirtSession session, DomainHandle domain, XElement? fence, XElement? live, Disk disk)
    {
        using var volume = VolumeOf(session, disk.Location);
        var length = fence is not null ? FenceXml.LengthOf(fence, disk.Name) : null;
        var block = fence is null ? session.BlockInfo(domain, disk.Name) : null;
        length ??= block is { } seen ? (long)seen.Capacity : null;
        var info = volume is null ? null : session.Info(volume);
        length ??= info is { } known ? (long)known.Capacity : null;
        var allocated = info is { } volumeInfo ? (long)volumeInfo.Allocation : block is { } blockInfo ? (long)blockInfo.Allocation : (long?)null;
        var running = live?.Devices("disk").FirstOrDefault(one => DomainXml.DiskName(one) == disk.Name);
        return disk with
        {
            Location = volume is null ? disk.Location : session.Path(volume),
            Pool = volume is null ? Fact<string>.Unknown("no active storage pool holds it") : Fact.Known(PoolName(session, volume)),
            LengthBytes = length is { } bytes ? Fact.Known(bytes) : Fact<long>.Unknown("libvirt could not read the image"),
            AllocatedBytes = allocated is { } taken ? Fact.Known(taken) : Fact<long>.Unknown("libvirt could not read the image"),
            BackingChain = running is not null
                ? [.. ChainOf(running)]
                : volume is null ? disk.BackingChain : [.. ChainOf(session, volume)],
        };
    }

    private static VolumeHandle? VolumeOf(LibvirtSession session, string location)
    {
        if (location.StartsWith('/'))
        {
            return session.FindVolumeByPath(location);
        }

        if (location.Split('/', 2) is not [var poolName, var name])
        {
            return null;
        }

        using var pool = session.FindPool(poolName);
        return pool is null || !session.IsActive(pool) ? null : session.FindVolume(pool, name);
    }

    private static string PoolName(LibvirtSession session, VolumeHandle volume)
    {
        using var pool = session.PoolOf(volume);
        return session.Name(pool);
    }

    private static IEnumerable<string> ChainOf(XElement disk)
    {
        for (var below = disk.Element("backingStore"); below is not null; below = below.Element("backingStore"))
        {
            if (DomainXml.DiskLocation(below) is { Length: > 0 } location)
            {
                yield return location;
            }
        }
    }

    /// <summary>Of a VM that is off: followed from volume to volume, as far as active pools know them.</summary>
    private static List<string> ChainOf(LibvirtSession session, VolumeHandle volume)
    {
        // No real chain is longer than QEMU's own limit of 200.
        const int Longest = 200;
        var chain = new List<string>();
        var below = session.Xml(volume) is { } text ? Xml.Parse(text).Text("backingStore/path") : null;
        while (below is not null && chain.Count < Longest)
        {
            chain.Add(below);
            using var next = below.StartsWith('/') ? session.FindVolumeByPath(below) : null;
            below = next is not null && session.Xml(next) is { } nextText ? Xml.Parse(nextText).Text("backingStore/path") : null;
        }

        return chain;
    }

    private static (Fact<bool> Answers, Fact<string> Os, ImmutableArray<string> Addresses) AskAgent(
        LibvirtSession session, DomainHandle domain, XElement? live, bool running, bool ask)
    {
        if (!running || live is null)
        {
            return (Fact<bool>.Unknown("the VM is not running"), Fact<string>.Unknown("the VM is not running"), []);
        }

        if (!ask)
        {
            return (Fact<bool>.Unknown("not asked for"), Fact<string>.Unknown("not asked for"), []);
        }

        if (DomainXml.AgentConnected(live) is true && FreezeMark.IsOn(live) && session.AgentAnswers(domain))
        {
            // Left frozen by a run that was killed: until the next one thaws it the agent answers, and tells nothing else.
            return (Fact.Known(true), Fact<string>.Unknown("the guest's file systems are frozen"), []);
        }

        if (DomainXml.AgentConnected(live) is not true || session.AgentAddresses(domain) is not { } addresses)
        {
            return (Fact.Known(false), Fact<string>.Unknown("the guest agent does not answer"), []);
        }

        return (
            Fact.Known(true),
            LibvirtSession.AgentOs(domain) is { } os ? Fact.Known(os) : Fact<string>.Unknown("the guest agent does not tell"),
            [.. addresses.Where(one => one.Interface != "lo" && one.Address is not "127.0.0.1" and not "::1").Select(one => one.Address)]);
    }

    private static FactSet GuestFacts(DomainHandle domain, FactSet facts)
    {
        facts = facts.With(GuestFact.Tools, "running");
        if (LibvirtSession.AgentHostname(domain) is { } name)
        {
            facts = facts.With(GuestFact.Hostname, name);
        }

        if (LibvirtSession.AgentFilesystems(domain) is not { } mounted)
        {
            return facts;
        }

        facts = facts.With(GuestFact.Filesystems, [.. mounted.Select(one => one.Kind).Where(kind => kind.Length > 0).Distinct(StringComparer.Ordinal)]);
        return facts.With(GuestFact.FreeSpace, mounted.Where(one => one.MountPoint is "/" or "/boot" or "C:\\").Select(one => (double?)one.FreeBytes).Min());
    }

    /// <summary>Empty when nothing holds the VM.</summary>
    private static string Job(LibvirtSession session, DomainHandle domain, XElement live)
    {
        // A round that a killed run of ours left open is closed by the next.
        if (session.Job(domain) is not null && session.Backup(domain) is { } backup && RoundXml.IsOurs(backup, null))
        {
            return "";
        }

        foreach (var disk in live.Devices("disk").Select(DomainXml.DiskName))
        {
            if (session.BlockJob(domain, disk) is { } job)
            {
                var kind = job.Type switch { 1 => "block pull", 2 => "block copy", 3 => "block commit", 4 => "active block commit", 5 => "backup", _ => "block job" };
                var done = job.End == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({100.0 * job.Current / job.End:0} %)");
                return $"{kind} of {disk}{done}";
            }
        }

        return session.Job(domain) is null ? "" : "a domain job (migration, save, dump or backup)";
    }

    /// <summary>virsh's words.</summary>
    internal static string Word(VirDomainState state) => state switch
    {
        VirDomainState.Running => "running",
        VirDomainState.Blocked => "idle",
        VirDomainState.Paused => "paused",
        VirDomainState.ShuttingDown => "in shutdown",
        VirDomainState.ShutOff => "shut off",
        VirDomainState.Crashed => "crashed",
        VirDomainState.SuspendedByGuest => "pmsuspended",
        _ => "no state",
    };
}
