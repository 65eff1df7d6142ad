using System.Diagnostics;
using VmMigrate.Platforms.Tests.Libvirt;
using VmMigrate.Platforms.Tests.Torture;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>Hosts that fail amid a phase: their libvirtd or the VM's QEMU is killed, the target's disk is full, the link to it is cut. By `make torture`.</summary>
[Collection(Lab.Name)]
public sealed class HostFaultTests(TwoHosts lab)
{
    private const int Limit = 600_000;

    /// <summary>Faults by name: what is done, what undoes it before the next run, and one of the words that the error must have.</summary>
    private static readonly Dictionary<string, string[]> Words = new()
    {
        ["source libvirtd"] = ["dc1"],
        ["target libvirtd"] = ["dc2"],
        ["source qemu"] = ["web-01", "dc1"],
        ["target qemu"] = ["web-01", "dc2"],
        ["target full"] = ["No space left", "no space", "is full", "room"],
        ["link"] = ["dc2", "ssh"],
    };

    public static TheoryData<string, string, string> Faults() => Chosen.Of(
        "host fault",
    [
        ("Cold", "stop VM", "source libvirtd"),
        ("Cold", "copy disks", "source libvirtd"),
        ("Cold", "prove", "source libvirtd"),
        ("Cold", "create disks", "target libvirtd"),
        ("Cold", "copy disks", "target libvirtd"),
        ("Cold", "start VM", "target libvirtd"),
        ("Cold", "prove", "target libvirtd"),
        ("Cold", "prove", "target qemu"),
        ("Cold", "copy disks", "target full"),
        ("Cold", "create disks", "link"),
        ("Cold", "copy disks", "link"),
        ("Cold", "define VM", "link"),
        ("Cold", "prove", "link"),
        ("Warm", "replicate", "source libvirtd"),
        ("Warm", "replicate", "source qemu"),
        ("Warm", "replicate", "target libvirtd"),
        ("Warm", "replicate", "target full"),
        ("Warm", "replicate", "link"),
        ("Warm", "last round", "source libvirtd"),
        ("Warm", "last round", "target libvirtd"),
        ("Warm", "last round", "link"),
        ("Warm", "prove", "target qemu"),
        ("Warm", "prove", "target libvirtd"),
        ("Live", "move live", "source libvirtd"),
        ("Live", "move live", "source qemu"),
        ("Live", "move live", "target libvirtd"),
        ("Live", "move live", "target qemu"),
        ("Live", "move live", "target full"),
        ("Live", "compare disks", "source libvirtd"),
        ("Live", "compare disks", "target libvirtd"),
        ("Live", "compare disks", "target qemu"),
        ("Live", "prove", "target libvirtd"),
        ("Live", "prove", "target qemu"),
    ],
        one => [("mode", one.Mode), ("step", one.Step), ("fault", one.What)]);

    [Theory(Timeout = Limit, Explicit = true, SkipTestWithoutData = true)]
    [MemberData(nameof(Faults))]
    public async Task A_host_that_fails_amid_a_phase_costs_no_VM_and_the_next_run_finishes(string mode, string step, string fault)
    {
        var (since, stopped, continued) = (Stopwatch.GetTimestamp(), false, false);
        try
        {
            await TwoHosts.FreshGuestAsync(Lab.Vm, "--wait");
            await using var link = fault == "link" ? await LoopbackSsh.StartAsync(TestContext.Current.CancellationToken) : null;
            await using var disk = fault == "target full" ? await SmallDisk.MountAsync(lab) : null;
            using var declaration = new Declaration(lab) { More = $"mode = \"{mode}\"", Provider = "bandwidth = \"8 MiB/s\"", TargetUri = link is null ? null : lab.UriThrough(link, TwoHosts.Dc2) };

            var failed = await declaration.ApplyAndAsync($"{step} (", async _ =>
            {
                await Task.Delay(step is "copy disks" or "replicate" or "move live" ? 1500 : 0);
                await (fault switch
                {
                    "source libvirtd" => lab.KillDaemonAsync(TwoHosts.Dc1),
                    "target libvirtd" => lab.KillDaemonAsync(TwoHosts.Dc2),
                    "source qemu" => lab.KillGuestAsync(TwoHosts.Dc1, Lab.Vm),
                    "target qemu" => lab.KillGuestAsync(TwoHosts.Dc2, Lab.Vm),
                    "target full" => disk!.FillAsync(),
                    _ => link!.CutAsync(),
                });
            });

            stopped = failed.ExitCode != 0;

            // A fault that hits between two calls may have done no harm.
            if (failed.ExitCode != 0)
            {
                Assert.True(Words[fault].Any(word => failed.Flat.Contains(word, StringComparison.OrdinalIgnoreCase)), failed.Text);
                if (fault is not "source libvirtd" && !failed.Flat.Contains("by hand", StringComparison.Ordinal))
                {
                    Assert.True(await Lab.RunsAsync(lab, TwoHosts.Dc1), $"{Lab.Vm} does not run at its source\n{failed.Text}");
                }
            }

            await TwoHosts.LabAsync("up");
            if (disk is not null)
            {
                disk.Clear();
            }

            if (await Lab.RunsAsync(lab, TwoHosts.Dc1))
            {
                // A preview gives a guest that boots 15 s to answer; this machine may take longer.
                await Lab.UntilUpAsync(lab, TwoHosts.Dc1);
            }

            await using var again = link is null ? null : await LoopbackSsh.StartAsync(TestContext.Current.CancellationToken);
            (declaration.Provider, declaration.TargetUri) = ("", again is null ? null : lab.UriThrough(again, TwoHosts.Dc2));
            await declaration.MoveThereAndBackAsync();
            continued = true;
        }
        finally
        {
            Report.Line(
                "host fault", ("mode", mode), ("step", step), ("fault", fault), ("stopped", stopped), ("continued", continued), ("seconds", Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds)));
        }
    }

    /// <summary>A file system of its own for dc2's pool, small enough to be filled.</summary>
    private sealed class SmallDisk(string images, string image) : IAsyncDisposable
    {
        private string Filler => Path.Combine(images, "filler");

        internal static async Task<SmallDisk> MountAsync(TwoHosts lab)
        {
            var images = lab.Images(TwoHosts.Dc2);
            var image = Path.Combine(Path.GetTempPath(), $"vmmigrate-small-{Guid.NewGuid():N}.img");
            await TwoHosts.RunAsync("bash", ["-c", $"truncate -s 600M '{image}' && mkfs.ext4 -q -m 0 '{image}' && owner=$(stat -c %U:%G '{images}') && mount -o loop '{image}' '{images}' && rmdir '{images}/lost+found' && chown $owner '{images}'"]);
            await lab.VirshAsync(TwoHosts.Dc2, "pool-refresh", TwoHosts.Pool);
            return new SmallDisk(images, image);
        }

        internal Task<string> FillAsync() => TwoHosts.RunAsync("bash", ["-c", $"dd if=/dev/zero of='{Filler}' bs=1M 2>/dev/null; dd if=/dev/zero of='{Filler}.2' bs=4k 2>/dev/null; true"]);

        internal void Clear()
        {
            File.Delete(Filler);
            File.Delete(Filler + ".2");
        }

        public async ValueTask DisposeAsync()
        {
            await TwoHosts.ForgetAsync(Lab.Vm);
            await TwoHosts.RunAsync("umount", ["-l", images]);
            File.Delete(image);
        }
    }
}
