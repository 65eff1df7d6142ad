using System.Globalization;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>
/// UEFI variables go along, there and back. The guest is the UEFI shell of OVMF itself: at each boot it prints two variables, and sets the one that is missing.
/// So what it prints tells how often it has booted with the same variables, and its disk tells nothing.
/// </summary>
[Collection(TwoHostsTests.Name)]
public sealed class LibvirtFirmwareTests(TwoHosts lab) : OnTwoHosts(lab)
{
    private const string Name = "uefi-01";

    private const string Script =
        """
        @echo -off
        setvar VmmOne -guid 11111111-2222-3333-4444-555555555555
        if not %lasterror% == 0 then
          setvar VmmOne -guid 11111111-2222-3333-4444-555555555555 -nv -bs =0xA1B2C3D4
          goto DONE
        endif
        setvar VmmTwo -guid 11111111-2222-3333-4444-555555555555
        if not %lasterror% == 0 then
          setvar VmmTwo -guid 11111111-2222-3333-4444-555555555555 -nv -bs =0xE5F60718
        endif
        :DONE
        echo LAB-READY
        """;

    /// <summary>As the shell prints them: the lowest byte first.</summary>
    private const string One = "D4 C3 B2 A1";
    private const string Two = "18 07 F6 E5";

    [Fact(Timeout = 300_000)]
    public async Task What_a_UEFI_guest_keeps_in_its_firmware_goes_along_and_comes_home()
    {
        var vm = await BootedShellAsync();
        Assert.DoesNotContain(One, await ConsoleAsync(Dc1, vm.Id, "LAB-READY"), StringComparison.Ordinal);

        var spec = Spec(Name) with
        {
            ShutdownTimeout = TimeSpan.FromSeconds(1),
            ForceShutdown = true,
            Probes = [new ProbeSpec(ProbeKind.Console, TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(1), Contains: "LAB-READY")],
        };
        var there = await DriveAsync(spec);
        Assert.Contains("copy firmware", there.Plan!.Steps.Select(step => step.Name));
        var seen = await ConsoleAsync(Dc2, vm.Id, "LAB-READY");
        Assert.Contains(One, seen, StringComparison.Ordinal);
        Assert.DoesNotContain(Two, seen, StringComparison.Ordinal);

        await DriveAsync(spec with { Goal = MigrationGoal.Validated });
        var home = await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        Assert.Contains(One, home, StringComparison.Ordinal);
        Assert.Contains(Two, home, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(Lab.Images(TwoHosts.Dc2)), path => Path.GetFileName(path).StartsWith(Name, StringComparison.Ordinal));
    }

    private async Task<Preflight> DriveAsync(MigrationSpec spec)
    {
        var before = await PassAsync(spec, Both);
        var outcome = await GoalSeeker.RunAsync(before.Plan!, before.Run!, Cancel);
        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        return before;
    }

    private async Task<Vm> BootedShellAsync()
    {
        Forget(Name);
        var folder = Lab.Images(TwoHosts.Dc1);
        var (raw, disk, variables) = (Path.Combine(folder, $"{Name}.raw"), Path.Combine(folder, $"{Name}.qcow2"), Path.Combine(folder, $"{Name}-own.fd"));
        var script = Path.Combine(folder, $"{Name}.nsh");
        await File.WriteAllTextAsync(script, Script.ReplaceLineEndings("\r\n"), Cancel);
        await TwoHosts.RunAsync("bash", ["-ec", string.Create(CultureInfo.InvariantCulture, $"""
            truncate -s 40M '{raw}'
            mkfs.vfat -F 32 '{raw}' > /dev/null
            mcopy -i '{raw}' '{script}' ::startup.nsh
            qemu-img convert -O qcow2 -o compat=1.1 '{raw}' '{disk}'
            rm '{raw}' '{script}'
            chown --reference='{folder}' '{disk}'
            """)]);
        // A drive that is not there: with a list of devices to boot from, OVMF leaves its shell out.
        var console = Path.Combine(TwoHosts.Folder, TwoHosts.Dc1, "log", $"{Name}.console");
        var definition = Path.Combine(TwoHosts.Folder, $"{Name}.xml");
        await File.WriteAllTextAsync(definition, $"""
            <domain type='qemu'>
              <name>{Name}</name>
              <memory unit='MiB'>256</memory>
              <os>
                <type arch='x86_64' machine='pc'>hvm</type>
                <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
                <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>{variables}</nvram>
                <boot dev='cdrom'/>
              </os>
              <features><acpi/><apic/></features>
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
                <serial type='file'><source path='{console}' append='off'/></serial>
              </devices>
            </domain>
            """, Cancel);
        await Lab.VirshAsync(TwoHosts.Dc1, "pool-refresh", TwoHosts.Pool);
        await Lab.VirshAsync(TwoHosts.Dc1, "define", definition);
        File.Delete(definition);
        await Lab.VirshAsync(TwoHosts.Dc1, "start", Name);
        var vm = Assert.Single(await Dc1.FindByNameAsync(Name, Cancel));
        await ConsoleAsync(Dc1, vm.Id, "LAB-READY");
        return vm;
    }
}
