using VmMigrate.Engine.Blocks;
using VmMigrate.Platforms.Libvirt.Disks;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>What a VM that is off has changed, read from the bitmaps of its image without a server.</summary>
public sealed class ChangedRangesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-changed-").FullName;

    private string Image => Path.Combine(_folder, "disk.qcow2");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task Bitmaps_of_several_checkpoints_count_together_and_only_those_that_are_asked_for()
    {
        await MakeAsync("b1", "write 1M 64k");
        await TwoHosts.RunAsync("qemu-img", ["bitmap", "--add", Image, "b2"]);
        await WriteAsync("write 8M 64k");
        await TwoHosts.RunAsync("qemu-img", ["bitmap", "--disable", Image, "b1"]);
        await WriteAsync("write 16M 64k");

        Assert.Equal([new Extent(1 << 20, 65536), new Extent(8 << 20, 65536), new Extent(16 << 20, 65536)], [.. DirectDiskAccess.TryReadChanged(Of("qcow2"), ["b1", "b2"])!]);
        Assert.Equal([new Extent(8 << 20, 65536), new Extent(16 << 20, 65536)], [.. DirectDiskAccess.TryReadChanged(Of("qcow2"), ["b2"])!]);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_cannot_be_relied_on_is_left_to_a_server()
    {
        await MakeAsync("b1", "write 1M 64k");

        Assert.Null(DirectDiskAccess.TryReadChanged(Of("qcow2"), ["b1", "another"]));
        Assert.Null(DirectDiskAccess.TryReadChanged(Of("raw"), ["b1"]));
        Assert.Null(DirectDiskAccess.TryReadChanged(Of("qcow2") with { Path = Image + ".gone" }, ["b1"]));

        // As a QEMU that was killed leaves it: "in use".
        await TwoHosts.RunAsync("bash", ["-c", $"ulimit -c 0; qemu-io -f qcow2 -c 'write 2M 64k' -c abort '{Image}' >/dev/null 2>&1 || true"]);
        Assert.Null(DirectDiskAccess.TryReadChanged(Of("qcow2"), ["b1"]));
    }

    private DiskImage Of(string format) => new(Image, format, 64 << 20, Writable: false);

    private async Task MakeAsync(string bitmap, string write)
    {
        await TwoHosts.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", Image, "64M"]);
        await TwoHosts.RunAsync("qemu-img", ["bitmap", "--add", Image, bitmap]);
        await WriteAsync(write);
    }

    private Task<string> WriteAsync(string write) => TwoHosts.RunAsync("qemu-io", ["-f", "qcow2", "-c", write, Image]);
}
