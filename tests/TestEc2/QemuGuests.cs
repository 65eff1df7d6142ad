using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace VmMigrate.TestEc2;

/// <summary>Instances with real guests: the volumes become raw disks, QEMU boots them, and what the guest wrote goes back into the volumes.</summary>
/// <param name="folder">For disks, consoles and monitors.</param>
/// <param name="upWhen">What the console shows when the guest has come up.</param>
internal sealed class QemuGuests(string folder, string upWhen) : GuestRunner
{
    internal override Guest? Start(Instance instance, IReadOnlyList<Volume> disks, TimeProvider time)
    {
        if (disks.Count == 0 || disks[0].Blocks.Count == 0)
        {
            return null;
        }

        var paths = disks.Select(volume => Path.Combine(folder, volume.Id + ".raw")).ToList();
        for (var i = 0; i < disks.Count; i++)
        {
            using var file = File.OpenHandle(paths[i], FileMode.Create, FileAccess.Write);
            RandomAccess.SetLength(file, (long)disks[i].SizeGib << 30);
            foreach (var (index, content) in disks[i].Blocks)
            {
                RandomAccess.Write(file, content, (long)index * World.BlockBytes);
            }
        }

        return new Machine(folder, instance.Id, instance.Type.MemoryMib, paths, upWhen);
    }

    internal override void CollectDisks(Guest guest, IReadOnlyList<Volume> disks)
    {
        var buffer = new byte[World.BlockBytes];
        foreach (var volume in disks)
        {
            if (!File.Exists(Path.Combine(folder, volume.Id + ".raw")))
            {
                continue;
            }

            using var file = File.OpenHandle(Path.Combine(folder, volume.Id + ".raw"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            for (var index = 0; index < volume.SizeGib * 2048; index++)
            {
                RandomAccess.Read(file, buffer, (long)index * World.BlockBytes);
                var had = volume.Blocks.TryGetValue(index, out var old);
                // A block that did not change stays the same object: that is how changes are told.
                if (had ? !buffer.AsSpan().SequenceEqual(old) : buffer.AsSpan().ContainsAnyExcept((byte)0))
                {
                    volume.Blocks[index] = [.. buffer];
                }
            }
        }
    }

    private sealed class Machine : Guest
    {
        private readonly Process _process;
        private readonly string _console;
        private readonly string _monitor;
        private readonly string _upWhen;

        internal Machine(string folder, string id, int memoryMib, List<string> disks, string upWhen)
        {
            _upWhen = upWhen;
            _console = Path.Combine(folder, id + ".console");
            _monitor = Path.Combine(folder, id[^12..] + ".mon");
            File.Delete(_console);
            File.Delete(_monitor);
            var start = new ProcessStartInfo("qemu-system-x86_64") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])
            [
                "-accel", "tcg", "-m", $"{Math.Min(memoryMib, 256)}", "-display", "none", "-no-reboot", "-nodefaults",
                "-serial", "file:" + _console, "-monitor", $"unix:{_monitor},server=on,wait=off", "-device", "virtio-net-pci,netdev=n", "-netdev", "user,id=n,restrict=on",
            ])
            {
                start.ArgumentList.Add(argument);
            }

            foreach (var disk in disks)
            {
                start.ArgumentList.Add("-drive");
                start.ArgumentList.Add($"file={disk},format=raw,if=virtio");
            }

            _process = Process.Start(start)!;
        }

        internal override string Console
        {
            get
            {
                if (!File.Exists(_console))
                {
                    return "";
                }

                using var file = new FileStream(_console, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(file, Encoding.UTF8);
                return reader.ReadToEnd();
            }
        }

        internal override bool IsUp => Console.Contains(_upWhen, StringComparison.Ordinal);

        internal override bool HasEnded => _process.HasExited;

        internal override void AskToStop()
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(_monitor));
            socket.Send("system_powerdown\n"u8);
            Thread.Sleep(100);
        }

        public override void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
