using System.Xml.Linq;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// From the configuration of a copy to one that boots on the copy's own disks and leaves them as they are: its writes go into redo logs that end with its power (independent, nonpersistent
/// disks), it has another identity, and its cards are plugged into nothing. Pure.
/// </summary>
/// <remarks>Source: vSphere API reference, VirtualDiskMode; VirtualDeviceConnectInfo.</remarks>
internal static class TestSpec
{
    private const string Note = "Throw-away test of a migration, on the disks of its copy. Do not delete it from disk: that would delete the copy's disks. The migration takes it away.";

    /// <param name="spec">Of <see cref="CopySpec.Build"/>.</param>
    /// <param name="uuid">What the guest sees in place of the VM's own.</param>
    internal static void Isolate(XElement spec, string uuid)
    {
        spec.Child("uuid")!.Value = uuid;
        spec.Child("guestId")!.AddAfterSelf(El("annotation", Note));
        foreach (var device in spec.Children("deviceChange").Select(change => change.Child("device")!))
        {
            if (device.Type() == "VirtualDisk")
            {
                device.At("backing/diskMode")!.Value = "independent_nonpersistent";
            }
            else if (device.Child("connectable") is { } plug && device.Child("macAddress") is { } address)
            {
                // Nobody plugs it in, the guest neither.
                plug.Child("startConnected")!.Value = "false";
                plug.Child("allowGuestControl")!.Value = "false";
                device.Child("addressType")!.Value = "generated";
                address.Remove();
            }
        }
    }
}
