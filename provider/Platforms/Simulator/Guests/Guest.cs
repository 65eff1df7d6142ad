using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator.Guests;

/// <summary>What the guest of a VM shows at a moment: a function of its start and of time, so that nothing has to run.</summary>
internal static class Guest
{
    internal static bool IsUp(VmState vm, DateTimeOffset now) =>
        vm is { Power: PowerState.Running, Boots: true, StartedAt: { } start } && now >= start + vm.Guest.Boot;

    internal static bool AgentAnswers(VmState vm, DateTimeOffset now) => vm.Guest.Agent && IsUp(vm, now);

    /// <summary>How long it has worked since its present start. It does not work while it is frozen.</summary>
    internal static TimeSpan Uptime(VmState vm, DateTimeOffset now)
    {
        if (vm is not { Boots: true, StartedAt: { } start })
        {
            return TimeSpan.Zero;
        }

        var until = vm.FrozenAt < now ? vm.FrozenAt.Value : now;
        var worked = until - start - vm.Guest.Boot - vm.Stood;
        if (vm.SlowedAt is { } slowed && until > slowed)
        {
            worked -= (until - slowed) * (1 - vm.SlowedTo);
        }

        return worked > TimeSpan.Zero ? worked : TimeSpan.Zero;
    }

    internal static string Console(VmState vm, DateTimeOffset now)
    {
        if (vm.Power != PowerState.Running || vm.StartedAt is not { } start)
        {
            return "";
        }

        var text = "[    0.000000] Linux version 6.1.0-sim (simulated)\n";
        if (now < start + (vm.Guest.Boot / 2))
        {
            return text;
        }

        if (!vm.Boots)
        {
            return text + "[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
        }

        text += $"[    1.000000] virtio_blk: {vm.Disks.Count} disks\n";
        return IsUp(vm, now) ? $"{text}[    2.000000] journal goes on after record {vm.RecordsAtStart}\n\n{vm.Name} login: " : text;
    }

    /// <summary>Made from the first NIC's address, so that the VM keeps it.</summary>
    internal static string Address(VmState vm)
    {
        var parts = vm.Nics[0].Mac.Split(':');
        byte Part(int index) => Convert.ToByte(parts[index], 16);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"10.{Part(3)}.{Part(4)}.{Part(5)}");
    }
}
