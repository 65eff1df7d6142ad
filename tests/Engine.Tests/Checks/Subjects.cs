using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Tests.Checks;

/// <summary>A VM <c>web-01</c> with one disk and one card between two sites, of which nothing is known but what a test says.</summary>
internal static class Subjects
{
    private static readonly string[] Kinds = ["libvirt", "vsphere", "hyperv", "kubevirt", "aws", "azure", "gcp", "openstack", "ovirt", "ova", "xen", "physical"];

    internal static DateTimeOffset Now { get; } = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Between the first pair of platforms that the check is for, in its first mode.</summary>
    internal static CheckSubject For(Check check)
    {
        var pairs = PlatformPairs.Of(check.Pairs);
        var (from, to) = Kinds.SelectMany(_ => Kinds, (a, b) => (a, b)).First(pair => pairs.Covers(pair.a, pair.b));
        return Between(from, to) with { Mode = check.Modes[0] switch { 'C' => "Cold", 'W' => "Warm", _ => "Live" } };
    }

    internal static CheckSubject Between(string from, string to) => new()
    {
        Spec = new MigrationSpec
        {
            Vm = new VmReference("here", "web-01", null),
            Target = new TargetSpec("there", null, null, ImmutableDictionary<string, string>.Empty, null),
        },
        MigrationId = "m1",
        Vm = new Vm
        {
            Id = "vm-1",
            Name = "web-01",
            Power = PowerState.Running,
            Host = Fact.Known("s1"),
            Disks = [new Disk { Name = "vda", Location = "/disks/web-01.img", SharingSeen = false }],
            Nics = [new Nic { Mac = "52:54:00:00:00:01", Network = Fact.Known("lan") }],
            DevicesSeen = false,
        },
        From = new SiteFacts { Site = "here", Platform = from, Identity = "here", Hosts = [new Hypervisor { Name = "s1" }], Pools = [new StoragePool { Name = "old", Kind = "dir" }] },
        To = new SiteFacts
        {
            Site = "there",
            Platform = to,
            Identity = "there",
            Hosts = [new Hypervisor { Name = "t1" }],
            Pools = [new StoragePool { Name = "new", Kind = "dir" }],
            Networks = [new Network("lan", "bridge", true)],
        },
        FromCapabilities = new Capabilities { ChangedBlockTracking = true, LiveFamily = "one" },
        ToCapabilities = new Capabilities { ChangedBlockTracking = true, LiveFamily = "one", TakesFrom = [.. PlatformPairs.Codes.Values] },
        Placement = new Placement("t1", "new", "web-01", ImmutableDictionary<string, string>.Empty.Add("lan", "lan"), ""),
        CopyExists = false,
        Now = Now,
    };

    /// <summary>Adds facts: <c>vm.ha=true; source.host.cpus=8</c>. Each goes to what it is about.</summary>
    internal static CheckSubject With(this CheckSubject subject, string facts)
    {
        foreach (var (name, text) in facts.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1])))
        {
            var key = FactKeys.FindDeclared(name) ?? throw new ArgumentException($"there is no fact {name}");
            var one = FactSet.Parse([KeyValuePair.Create(key.Name, text)], _ => key, "test", (_, wrong, _) => throw new ArgumentException($"{wrong} is no {key}"));
            var source = name.StartsWith("source.", StringComparison.Ordinal);
            subject = key.Scope switch
            {
                FactScope.Vm => subject with { Vm = subject.Vm with { Observed = one.Or(subject.Vm.Observed) } },
                FactScope.Disk => subject with { Vm = subject.Vm with { Disks = [.. subject.Vm.Disks.Select(disk => disk with { Observed = one.Or(disk.Observed) })] } },
                FactScope.Nic => subject with { Vm = subject.Vm with { Nics = [.. subject.Vm.Nics.Select(nic => nic with { Observed = one.Or(nic.Observed) })] } },
                FactScope.Link => subject with { Link = new Link { Observed = one.Or(subject.Link.Observed) } },
                FactScope.Plan => subject with { Declared = one.Or(subject.Declared) },
                _ when source => subject with { From = Put(subject.From, key.Scope, one) },
                _ => subject with { To = Put(subject.To, key.Scope, one) },
            };
        }

        return subject;
    }

    private static SiteFacts Put(SiteFacts site, FactScope scope, FactSet one) => scope switch
    {
        FactScope.Host => site with { Hosts = [.. site.Hosts.Select(host => host with { Observed = one.Or(host.Observed) })] },
        FactScope.Pool => site with { Pools = [.. site.Pools.Select(pool => pool with { Observed = one.Or(pool.Observed) })] },
        FactScope.Network => site with { Networks = [.. site.Networks.Select(network => network with { Observed = one.Or(network.Observed) })] },
        _ => site with { Observed = one.Or(site.Observed) },
    };
}
