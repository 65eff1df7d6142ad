using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Libvirt;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.VSphere;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>
/// A guest that is converted between vSphere and KVM. The tool is a strict stand-in, since virt-v2v takes no guest as small as the lab's: it checks what it is given as
/// virt-v2v would, and writes to the image as QEMU does.
/// </summary>
[Collection(TwoHostsTests.Name)]
public sealed class VcsimConversionTests(TwoHosts lab) : IAsyncLifetime
{
    private const int Limit = 240_000;
    private const string Name = "vmware-03";
    private const int Where = 6 * 65536;

    private readonly string _tools = Directory.CreateTempSubdirectory("vmmigrate-tools-").FullName;
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private Vcsim _vcsim = null!;
    private VSphereSite _vcenter = null!;
    private LibvirtSite _kvm = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Control => Path.Combine(_tools, "outcome");

    public async ValueTask InitializeAsync()
    {
        _vcsim = await Vcsim.StartAsync("-guests");
        _vcenter = _vcsim.Open("vc1");
        _kvm = lab.Open(TwoHosts.Dc2);
        await TwoHosts.ForgetAsync(Name);
        await File.WriteAllTextAsync(
            Path.Combine(_tools, "virt-v2v-in-place"),
            $$"""
            #!/bin/sh
            # The appliance of libguestfs does not start where KVM is there and broken; then it is tried without.
            [ "$LIBGUESTFS_BACKEND" = direct ] || { echo "wrong backend" >&2; exit 3; }
            [ "$LIBGUESTFS_BACKEND_SETTINGS" = force_tcg ] || { echo "libguestfs: error: appliance closed the connection unexpectedly" >&2; exit 1; }
            [ "$1 $2" = "-i libvirtxml" ] && [ $# = 3 ] || { echo "wrong arguments: $*" >&2; exit 2; }
            image=$(sed -n "s/.*source file=\"\([^\"]*\)\".*/\1/p" "$3")
            qemu-img info --output=json "$image" | grep -q '"format": "qcow2"' || { echo "no qcow2 image" >&2; exit 2; }
            qemu-io -f qcow2 -c "write -P 0x5a {{Where}} 65536" "$image" >/dev/null || exit 2
            [ -e {{Control}} ] && { cat {{Control}} >&2; exit 1; }
            echo "Finishing off"
            """,
            Cancel);
        File.SetUnixFileMode(Path.Combine(_tools, "virt-v2v-in-place"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", $"{_tools}:{_path}");
    }

    public async ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        await _vcenter.DisposeAsync();
        await _kvm.DisposeAsync();
        await _vcsim.DisposeAsync();
        await TwoHosts.ForgetAsync(Name);
        Directory.Delete(_tools, recursive: true);
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_is_converted_on_its_copy_before_it_first_starts_and_its_source_is_not_touched()
    {
        var world = new VcsimWorld(_vcsim, _vcenter);
        var vm = await world.CreateVmAsync(Name, await GuestAsync(), Cancel, "VirtualLsiLogicController");
        await world.Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", Cancel);
        await world.SetToolsAsync(vm, true, Cancel);
        var source = _vcsim.FileOf(Assert.Single(await _vcenter.FindByNameAsync(Name, Cancel)).Disks[0].Location).Replace(".vmdk", "-flat.vmdk", StringComparison.Ordinal);
        var spec = new MigrationSpec
        {
            Vm = new VmReference("vc1", Name, null),
            Target = new TargetSpec(TwoHosts.Dc2, null, TwoHosts.Pool, ImmutableDictionary<string, string>.Empty.Add("DC0_DVPG0", "user"), null),
            Goal = MigrationGoal.CutOver,
            Conversion = Conversion.Auto,
            ForceShutdown = true,
        };

        // Preview: what is needed, what it rules out, and what is absent.
        Assert.Contains(await FindAsync(spec), finding => finding.Id == "rollback.converted" && finding.Severity == Severity.Error);
        Assert.Contains(await FindAsync(spec with { Conversion = Conversion.Never }), finding => finding.Id == "guest.conversion" && finding.Message.Contains("hangs on lsilogic", StringComparison.Ordinal));
        spec = spec with { Rollback = RollbackChanges.Discard };
        Environment.SetEnvironmentVariable("PATH", string.Join(':', _path!.Split(':').Where(folder => !File.Exists(Path.Combine(folder, "virt-v2v-in-place")))));
        Assert.Contains(await FindAsync(spec), finding => finding.Id == "guest.conversion" && finding.Severity == Severity.Warning && finding.Message.Contains("is not installed", StringComparison.Ordinal));
        Assert.Contains(await FindAsync(spec with { Conversion = Conversion.Required }), finding => finding.Id == "guest.conversion" && finding.Severity == Severity.Error);
        Environment.SetEnvironmentVariable("PATH", $"{_tools}:{_path}");

        // A conversion that fails has changed nothing, and the source runs on.
        await File.WriteAllTextAsync(Control, "virt-v2v-in-place: error: no root device found in this operating system image.\n", Cancel);
        var failed = await UpAsync(spec);
        Assert.Contains("no root device found", failed.Why, StringComparison.Ordinal);
        Assert.Equal(PowerState.Running, Assert.Single(await _vcenter.FindByNameAsync(Name, Cancel)).Power);
        Assert.Empty(await _kvm.FindByNameAsync(Name, Cancel));
        File.Delete(Control);

        var outcome = await UpAsync(spec);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        Assert.Contains(outcome.Done, step => step.Name == "convert guest" && step.Detail.Contains("Finishing off", StringComparison.Ordinal));
        var moved = Assert.Single(await _kvm.FindByNameAsync(Name, Cancel));
        Assert.Equal((PowerState.Running, "virtio", "virtio"), (moved.Power, moved.Disks[0].Bus.Value, moved.Nics[0].Model.Value));
        Assert.Contains("LAB-READY", await _kvm.ReadConsoleAsync(moved.Id, Cancel), StringComparison.Ordinal);
        await _kvm.EnsureOffAsync(moved.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await using (var disk = await _kvm.OpenVmDiskAsync(moved.Id, moved.Disks[0].Name, false, Cancel))
        await using (var reader = disk.OpenReader())
        {
            var block = new byte[65536];
            await reader.ReadAsync(Where, block, Cancel);
            Assert.All(block, value => Assert.Equal(0x5a, value));
        }

        Assert.DoesNotContain((byte)0x5a, (await File.ReadAllBytesAsync(source, Cancel)).AsSpan(Where, 1024).ToArray());
        var back = await UpAsync(spec with { Goal = MigrationGoal.Validated });
        Assert.True(back.Failed is null, $"{back.Failed?.Name}: {back.Why}");
        Assert.Null(Assert.Single(await _vcenter.FindByNameAsync(Name, Cancel)).Stamp);
    }

    private async Task<byte[]> GuestAsync()
    {
        var raw = Path.Combine(TwoHosts.Folder, "vsphere-convert.raw");
        await TwoHosts.RunAsync("qemu-img", ["convert", "-O", "raw", lab.GuestDisk, raw]);
        try
        {
            return await File.ReadAllBytesAsync(raw, Cancel);
        }
        finally
        {
            File.Delete(raw);
        }
    }

    private async Task<ImmutableArray<Finding>> FindAsync(MigrationSpec spec) =>
        (await PreflightRunner.RunAsync(spec, null, new Two(_vcenter, _kvm), false, TimeProvider.System, RunEvents.None, Cancel)).Findings;

    private async Task<RunOutcome> UpAsync(MigrationSpec spec)
    {
        var (preflight, outcome) = await Drive.RunAsync(spec, null, new Two(_vcenter, _kvm), removal: false, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);
        Assert.True(!preflight.IsBlocked, string.Join('\n', preflight.Findings));
        return outcome!;
    }

    private sealed class Two(Site home, Site away) : SiteBook
    {
        public override IReadOnlyCollection<string> Names => [home.Name, away.Name];

        public override Site? Find(string name) => name == home.Name ? home : name == away.Name ? away : null;
    }
}
