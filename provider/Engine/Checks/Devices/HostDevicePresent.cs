using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks.Devices;

/// <summary>Devices of the source's host cannot move with the VM.</summary>
/// <remarks>If ignored, the VM does not start at the target, or lacks the device. Facts: the VM's definition.</remarks>
internal static class HostDevicePresent
{
    internal static IEnumerable<Finding> Run(CheckSubject subject)
    {
        foreach (var device in subject.Vm.SpecialDevices)
        {
            yield return new Finding(
                device.Kind switch
                {
                    "hostdev-pci" => "dev.pci-passthrough",
                    "hostdev-usb" => "dev.usb",
                    "hostdev-mdev" => "dev.mdev",
                    "filesystem" => "dev.virtiofs-9p",
                    _ => "dev.host-bound",
                },
                Severity.Error,
                PropertyPath.Of("vm"),
                $"{subject.Vm.Name} has a device of its host: {device.Description}. It would be missing at the target. Detach it first.")
            { Subject = device.Kind };
        }
    }
}
