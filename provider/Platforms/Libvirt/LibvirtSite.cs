using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Libvirt.Disks;
using VmMigrate.Platforms.Libvirt.Relay;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// One KVM or QEMU host behind libvirt. This file: what there is. Power, fence, disks and the target's role are in the other parts.
/// </summary>
/// <remarks>Stamps, fences and marks live in the domains' metadata, under namespaces of their own; volumes carry the stamp in their names.</remarks>
internal sealed partial class LibvirtSite : Site
{
    internal const string Key = "libvirt";

    /// <summary>Other platforms whose VMs <see cref="ForeignDefinition"/> knows.</summary>
    internal static readonly ImmutableArray<string> Foreign = ["vsphere", "aws"];

    private readonly LibvirtUri _uri;
    private readonly LibvirtConnection _connection;
    private readonly TimeProvider _time;
    private readonly DiskExporter? _exporter;
    private readonly SshRelay? _relay;

    /// <summary>For consoles that are appended to: how long their file was when we started the VM, by the VM's id.</summary>
    private readonly ConcurrentDictionary<string, long> _consoleStarts = new();

    /// <summary>Image files of this machine are opened by ourselves where that can be done; false: always by a server.</summary>
    internal bool DirectFiles { get; init; } = true;

    internal LiveOptions Arrivals { get; init; } = new(Tls: false, null);

    internal LibvirtSite(string name, string uri, TimeProvider time, RelayOptions? relay = null)
        : base(name)
    {
        _uri = new LibvirtUri(uri);
        _time = time;
        _connection = new LibvirtConnection(name, _uri, time);
        _exporter = _uri.IsLocal ? new LocalExporter(name) : _uri.IsSsh ? new SshExporter(name, SshAddress.Of(_uri)) : null;
        _relay = relay is not null && _uri.IsSsh ? new SshRelay(name, SshAddress.Of(_uri), relay, time) : null;
    }

    public override string Platform => Key;

    public override string Where => _uri.Public;

    public override Capabilities Capabilities => _exporter is not null
        ? new Capabilities { Archives = true, CarriesFirmware = true, ChangesOff = Changes, WhyNoTestBoot = null, ChangedBlockTracking = true, SwitchesOffFrozen = true, HoldsWritesBack = true, PostCopies = true, LiveFamily = Key, TakesFrom = Foreign }
        : new Capabilities { Source = false, WhyNotSource = WhyNoDisks, Target = false, WhyNotTarget = WhyNoDisks };

    private string WhyNoDisks =>
        $"the disks of {Where} cannot be reached: a {_uri.Transport} connection carries libvirt's calls only. Use qemu+ssh://, or run on the host itself with qemu:///system.";

    public override Task<SiteFacts> DescribeAsync(CancellationToken cancellation) =>
        _connection.ReadAsync("describing the host", session => HostFacts.Read(session, _uri.IsLocal), cancellation);

    public override Task<ImmutableArray<Vm>> FindByNameAsync(string name, CancellationToken cancellation) =>
        _connection.ReadAsync<ImmutableArray<Vm>>(
            $"looking for VM {name}",
            session =>
            {
                using var domain = session.FindDomainByName(name);
                return domain is null ? [] : [VmFacts.Read(session, domain, session.HostName(), askAgent: true)];
            },
            cancellation);

    public override Task<Vm?> InspectAsync(string vmId, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"inspecting VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                return domain is null ? null : VmFacts.Read(session, domain, session.HostName(), askAgent: true);
            },
            cancellation);

    public override Task<Stamp?> FindStampAsync(string vmId, CancellationToken cancellation) =>
        _connection.ReadAsync(
            $"reading the stamp of VM {vmId}",
            session =>
            {
                using var domain = session.FindDomain(vmId);
                return domain is null ? null : StampXml.Read(Xml.Parse(session.Xml(domain, XmlFlags.Inactive)));
            },
            cancellation);

    public override async IAsyncEnumerable<Vm> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = await _connection.ReadAsync(
            "listing the VMs",
            session => session.Domains().Select(domain =>
            {
                using (domain)
                {
                    return (Name: session.Name(domain), Id: session.Uuid(domain));
                }
            }).OrderBy(vm => vm.Name, StringComparer.Ordinal).ToList(),
            cancellation).ConfigureAwait(false);
        foreach (var (name, id) in names)
        {
            var vm = await _connection.ReadAsync(
                $"inspecting VM {name}",
                session =>
                {
                    using var domain = session.FindDomain(id);
                    return domain is null ? null : VmFacts.Read(session, domain, session.HostName(), askAgent: false);
                },
                cancellation).ConfigureAwait(false);
            // Gone since the names were listed.
            if (vm is not null)
            {
                yield return vm;
            }
        }
    }

    public override Task<ImmutableArray<Vm>> FindStampedAsync(string migrationId, CancellationToken cancellation) =>
        _connection.ReadAsync<ImmutableArray<Vm>>(
            $"looking for VMs of migration {migrationId}",
            session =>
            {
                var found = new List<Vm>();
                foreach (var domain in session.Domains())
                {
                    using (domain)
                    {
                        if (StampXml.Read(Xml.Parse(session.Xml(domain, XmlFlags.Inactive)))?.MigrationId == migrationId)
                        {
                            found.Add(VmFacts.Read(session, domain, session.HostName(), askAgent: true));
                        }
                    }
                }

                return [.. found.OrderBy(vm => vm.Name, StringComparer.Ordinal)];
            },
            cancellation);

    public override Task EnsureStampAsync(string vmId, Stamp? stamp, CancellationToken cancellation) =>
        _connection.ChangeAsync(
            $"writing on VM {vmId}",
            session =>
            {
                using var domain = session.Domain(vmId);
                var affect = (session.State(domain).State == VirDomainState.ShutOff ? 0 : Affect.Live) | (session.IsPersistent(domain) ? Affect.Config : 0);
                session.SetMetadata(domain, stamp is null ? null : Xml.Print(StampXml.Write(stamp)), StampXml.Key, StampXml.Namespace, affect);
                if (stamp is null && Definition(session, domain) is var definition && definition.Element("metadata") is { HasElements: false })
                {
                    // libvirt leaves the empty element behind.
                    StampXml.DropEmptyMetadata(definition);
                    session.Define(Xml.Print(definition), $"libvirt could not clean the metadata of VM {session.Name(domain)}").Dispose();
                }
            },
            cancellation);

    public override async ValueTask DisposeAsync()
    {
        if (_relay is not null)
        {
            await _relay.DisposeAsync().ConfigureAwait(false);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private PlatformException No(PlatformErrorKind kind, string message) => new(kind, Name, message);

    /// <summary>The definition that the next start takes, as it is (with a fence, with passwords).</summary>
    private static System.Xml.Linq.XElement Definition(LibvirtSession session, DomainHandle domain) =>
        Xml.Parse(session.Xml(domain, XmlFlags.Inactive | XmlFlags.Secure));
}
