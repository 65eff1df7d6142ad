using System.Collections.Immutable;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;
using static VmMigrate.Engine.Checks.Rules;
using static VmMigrate.Engine.Checks.Weight;

namespace VmMigrate.Engine.Checks.Request;

/// <summary>A declared <c>replatform</c>: whether it can be done, and exactly what it carries and what it leaves.</summary>
internal static class ReplatformChecks
{
    private static readonly PropertyPath Disks = PropertyPath.Of("replatform.dataDisks");

    internal static ImmutableArray<Check> All { get; } =
    [
        new("replatform.target", Impossible, "CWL", "the target makes no VM of an image", Declared("`replatform` is declared and the target's platform cannot start a VM from an image", Target))
        {
            Core = true,
            Why = "There would be nothing to put the data disks to.",
            Fix = "Name a site that can (aws), or leave replatform out.",
            Source = "J",
            At = "replatform",
        },
        new("replatform.disks", Impossible, "CWL", "the disks to be carried are not clear", Declared("`replatform.dataDisks` is empty, names a disk that the VM does not have, or one name twice", WhichDisks))
        {
            Core = true,
            Why = "Data would be missing at the new VM.",
            Fix = "Name each data disk of the VM once, with a device name of its own.",
            Source = "J",
            At = "replatform.dataDisks",
        },
        new("replatform.os-disk", Warns, "CWL", "the VM's first disk is carried as a data disk", Declared("`replatform.dataDisks` names the VM's first disk", OsDisk))
        {
            Why = "Most VMs boot from it: the new VM has a system of its own, and one of the other processor architecture cannot run the old one's programs.",
            Fix = "Leave it out, or waive if it holds data.",
            Source = "J",
            At = "replatform.dataDisks",
        },
        new("replatform.carries", Tells, "CWL", "what is carried to the new VM", Declared("`replatform` is declared", Carries))
        {
            Core = true,
            Why = "A replatformed VM is a new one with the old one's data.",
            Fix = "Nothing; compare it with what you expect.",
            Source = "J",
            At = "replatform",
        },
        new("replatform.leaves", Warns, "CWL", "what is not carried to the new VM", Declared("`replatform` is declared", Leaves))
        {
            Core = true,
            Why = "Whatever is only there is missing at the new VM, and gone for good once the move is committed and the source removed.",
            Fix = "Put it into the image or the hooks, then waive this with a reason.",
            Source = "J",
            At = "replatform",
        },
        new("replatform.moved", Warns, "CWL", "what replatform says does not fit where the VM is", Elsewhere("the VM lives in a copy that was made otherwise, or is off so that hooks are not run", "the plan of a move"))
        {
            Why = "A VM that has moved is not made anew.",
            Fix = "Go back first, or leave it as it is.",
            Source = "J",
            At = "replatform",
        },
    ];

    private static Rule Declared(string trips, Action<Look, ReplatformSpec> judge) => Own(trips, [], look =>
    {
        if (look.Subject.Spec.Replatform is { } replatform)
        {
            judge(look, replatform);
        }
    });

    private static void Target(Look look, ReplatformSpec replatform)
    {
        if (!look.Subject.ToCapabilities.StartsFromImages)
        {
            look.Trip(null, $"site \"{look.Subject.To.Site}\" is a {look.Subject.To.Platform} one", "a platform that starts VMs from images");
        }
    }

    private static void WhichDisks(Look look, ReplatformSpec replatform)
    {
        var has = look.Subject.Vm.Disks.Concat(look.Subject.LeftDisks).Select(disk => disk.Name).ToList();
        if (replatform.DataDisks.IsEmpty)
        {
            look.Trip(null, "none", $"one or more of {string.Join(", ", has)}");
        }

        for (var i = 0; i < replatform.DataDisks.Length; i++)
        {
            var (disk, device) = replatform.DataDisks[i];
            if (!has.Contains(disk))
            {
                look.Say($"{look.Subject.Vm.Name} has no disk \"{disk}\".{NearestName.Question(disk, has)} It has: {string.Join(", ", has)}.", disk, Disks.Item(i).Child("disk"));
            }

            if (replatform.DataDisks.Take(i).Any(other => other.Disk == disk))
            {
                look.Say($"Disk \"{disk}\" is named twice. Each disk becomes one volume: leave one of the two out.", disk, Disks.Item(i).Child("disk"));
            }

            if (replatform.DataDisks.Take(i).Any(other => other.Device == device))
            {
                look.Say($"The device name \"{device}\" is given twice. Give disk {disk} another one.", disk, Disks.Item(i).Child("device"));
            }
        }
    }

    private static void OsDisk(Look look, ReplatformSpec replatform)
    {
        var all = look.Subject.Vm.Disks.Concat(look.Subject.LeftDisks).Where(disk => disk.Device == "disk").Select(disk => disk.Name).Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0 && replatform.DataDisks.Any(disk => disk.Disk == all[0]))
        {
            look.Trip(all[0], $"{all[0]} among the data disks", "a disk without an operating system");
        }
    }

    private static void Carries(Look look, ReplatformSpec replatform)
    {
        var (vm, place) = (look.Subject.Vm, look.Subject.Placement);
        var disks = replatform.DataDisks.Select(data => vm.Disks.FirstOrDefault(disk => disk.Name == data.Disk) is { } disk ? $"{Size(disk)} as {data.Device}" : $"{data.Disk} as {data.Device}");
        var cards = vm.Nics.Select(nic => $"{nic.Network.Or("?")} → {place.Networks.GetValueOrDefault(nic.Network.Or(""), nic.Network.Or("?"))}");
        var hooks = replatform.Hooks.Length switch { 0 => "no hook is run in it", 1 => "one hook is run in it", var count => $"{count} hooks are run in it" };
        look.Say(
            $"Carried from {vm.Name} to a new VM {place.Name} of image {replatform.Image} at \"{look.Subject.To.Site}\": data disks {string.Join(", ", disks)}, block by block with digests compared; "
            + $"its name; its cards' networks ({(vm.Nics.IsEmpty ? "none" : string.Join(", ", cards))}) and addresses as the target gives them; its size, {(vm.Cpus.TryGet(out var cpus) ? $"{cpus} vCPU" : "processors")} and {(vm.MemoryBytes.TryGet(out var memory) ? Human.Bytes(memory) : "memory")}, as the smallest that is offered unless declared. After its start {hooks}.");
    }

    private static void Leaves(Look look, ReplatformSpec replatform)
    {
        var vm = look.Subject.Vm;
        var left = look.Subject.LeftDisks.Where(disk => disk.Device == "disk").Select(Size).ToList();
        List<string> what =
        [
            left.Count == 0 ? "no disk (all are named as data disks)" : $"the disk{(left.Count == 1 ? "" : "s")} {string.Join(", ", left)} with the operating system{(vm.GuestOs.TryGet(out var os) && os.Length > 0 ? $" ({os})" : "")}, "
                + "installed packages and their settings, users, groups and keys, scheduled jobs, host name and SSH host keys",
            $"the architecture ({vm.Architecture.Or("unknown")}; the image's own counts)",
            $"machine type ({vm.Machine.Or("unknown")}), firmware ({(vm.Firmware.TryGet(out var firmware) ? firmware.ToString() : "unknown")}{(vm.Tpm.Or(false) ? ", TPM and what is sealed in it" : "")}) and SMBIOS UUID",
            vm.Nics.IsEmpty ? "no card" : $"the hardware addresses {string.Join(", ", vm.Nics.Select(nic => nic.Mac))}",
            .. vm.SpecialDevices.IsEmpty ? Array.Empty<string>() : [$"the devices {string.Join(", ", vm.SpecialDevices.Select(device => device.Description))}"],
            "licences that are bound to the old system or machine",
        ];
        look.Say(
            $"Not carried from {vm.Name}: {string.Join("; ", what)}. Checks of the old system (CPU, firmware, drivers, devices, TPM) are not judged, since none of it goes along. "
            + $"It stays at \"{look.Subject.From.Site}\", off and fenced, until the commit{(look.Subject.Spec.CommitSource == SourceAfterCommit.Remove ? ", which removes it for good (commit.source: Remove)" : "")}. "
            + "The new VM needs in its image, or by hooks, whatever uses the data disks: mounts by UUID or label, users with the same numbers, the programs.");
    }

    private static string Size(Disk disk) => $"{disk.Name} ({(disk.LengthBytes.TryGet(out var length) ? Human.Bytes(length) : "size unknown")})";
}
