using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>
/// A guest that is converted between vSphere and KVM. The tool is a strict stand-in, since virt-v2v takes no guest as small as the lab's: it checks what it is given as
/// virt-v2v would, and writes to the image as QEMU does.
/// </summary>
[Collection(TwoHostsTests.Name)]
public sealed class VcsimConversionTests(TwoHosts lab) : OnVcsimAndKvm(lab, Name, "-guests")
{
    private const int Limit = 240_000;
    private const string Name = "vmware-03";
    private const int Where = 6 * 65536;

    private readonly string _tools = Directory.CreateTempSubdirectory("vmmigrate-tools-").FullName;
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    private string Control => Path.Combine(_tools, "outcome");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
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

    public override async ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        await base.DisposeAsync();
        Directory.Delete(_tools, recursive: true);
    }

    [Fact(Timeout = Limit)]
    public async Task A_guest_is_converted_on_its_copy_before_it_first_starts_and_its_source_is_not_touched()
    {
        var world = new VcsimWorld(Vcsim, Vcenter);
        var vm = await world.CreateVmAsync(Name, await Lab.GuestContentAsync(Cancel), Cancel, "VirtualLsiLogicController");
        await world.Client.RunTaskAsync("starting", vm, "PowerOnVM_Task", Cancel);
        await world.SetToolsAsync(vm, true, Cancel);
        var source = Vcsim.FlatOf(Assert.Single(await Vcenter.FindByNameAsync(Name, Cancel)).Disks[0].Location);
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
        Environment.SetEnvironmentVariable("PATH", WithoutTheTool());
        Assert.Contains(await FindAsync(spec), finding => finding.Id == "guest.conversion" && finding.Severity == Severity.Warning && finding.Message.Contains("is not installed", StringComparison.Ordinal));
        Assert.Contains(await FindAsync(spec with { Conversion = Conversion.Required }), finding => finding.Id == "guest.conversion" && finding.Severity == Severity.Error);
        Environment.SetEnvironmentVariable("PATH", $"{_tools}:{_path}");

        // A conversion that fails has changed nothing, and the source runs on.
        await File.WriteAllTextAsync(Control, "virt-v2v-in-place: error: no root device found in this operating system image.\n", Cancel);
        var failed = await UpAsync(spec);
        Assert.Contains("no root device found", failed.Why, StringComparison.Ordinal);
        Assert.Equal(PowerState.Running, Assert.Single(await Vcenter.FindByNameAsync(Name, Cancel)).Power);
        Assert.Empty(await Kvm.FindByNameAsync(Name, Cancel));
        File.Delete(Control);

        var outcome = await UpAsync(spec);

        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        Assert.Contains(outcome.Done, step => step.Name == "convert guest" && step.Detail.Contains("Finishing off", StringComparison.Ordinal));
        var moved = Assert.Single(await Kvm.FindByNameAsync(Name, Cancel));
        Assert.Equal((PowerState.Running, "virtio", "virtio"), (moved.Power, moved.Disks[0].Bus.Value, moved.Nics[0].Model.Value));
        Assert.Contains("LAB-READY", await Kvm.ReadConsoleAsync(moved.Id, Cancel), StringComparison.Ordinal);
        await Kvm.EnsureOffAsync(moved.Id, TimeSpan.FromMinutes(1), force: true, Cancel);
        await using (var disk = await Kvm.OpenVmDiskAsync(moved.Id, moved.Disks[0].Name, false, Cancel))
        await using (var reader = disk.OpenReader())
        {
            var block = new byte[65536];
            await reader.ReadAsync(Where, block, Cancel);
            Assert.All(block, value => Assert.Equal(0x5a, value));
        }

        Assert.DoesNotContain((byte)0x5a, (await File.ReadAllBytesAsync(source, Cancel)).AsSpan(Where, 1024).ToArray());
        var back = await UpAsync(spec with { Goal = MigrationGoal.Validated });
        Assert.True(back.Failed is null, $"{back.Failed?.Name}: {back.Why}");
        Assert.Null(Assert.Single(await Vcenter.FindByNameAsync(Name, Cancel)).Stamp);
    }

    /// <summary>All other programs stay: tests beside this one need them.</summary>
    private string WithoutTheTool()
    {
        var others = Directory.CreateDirectory(Path.Combine(_tools, "others")).FullName;
        foreach (var program in _path!.Split(':').Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).DistinctBy(Path.GetFileName).Where(program => Path.GetFileName(program) != "virt-v2v-in-place"))
        {
            File.CreateSymbolicLink(Path.Combine(others, Path.GetFileName(program)), program);
        }

        return others;
    }

    private async Task<ImmutableArray<Finding>> FindAsync(MigrationSpec spec) =>
        (await PreflightRunner.RunAsync(spec, null, new Book(Vcenter, Kvm), false, TimeProvider.System, RunEvents.None, Cancel)).Findings;
}
