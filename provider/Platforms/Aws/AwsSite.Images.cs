using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

// An instance of somebody's image, with copied disks beside the image's own (replatform).
internal sealed partial class AwsSite
{
    /// <summary>An image's first boot: cloud-init, keys, growing its root. After that it is stopped whether it has come up or not.</summary>
    private static readonly TimeSpan FirstBoot = TimeSpan.FromMinutes(5);

    /// <summary>AWS's names for data volumes of Linux instances, and those that Nitro takes as well.</summary>
    [GeneratedRegex("^/dev/(sd[b-z]|xvd[b-z]|xvd[a-d][a-z])$")]
    private static partial Regex DataDevice();

    private async Task<Image> NeedImageAsync(string id, CancellationToken cancellation)
    {
        var found = await _connection.AskAsync($"looking for image {id}", ec2 => ec2.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [id] }, cancellation), cancellation).ConfigureAwait(false);
        return found.Images is [var image] ? image : throw No(PlatformErrorKind.NotFound, $"There is no image {id} at {Name} ({Where}).");
    }

    private async Task<InstanceShape> ShapeOfAsync(VmRequest request, Image image, AwsTarget options, int cards, CancellationToken cancellation)
    {
        var arm = image.Architecture == ArchitectureValues.Arm64;
        var architecture = arm ? "aarch64" : "x86_64";
        var tpm = image.TpmSupport == TpmSupportValues.V20;
        var (type, why) = options.InstanceType is { } declared ? (declared, "declared") : await ChooseTypeAsync(request.Source, architecture, cards, tpm, cancellation).ConfigureAwait(false);
        await DescribeTypesAsync([type], cancellation).ConfigureAwait(false);
        return _types.TryGetValue(type, out var info) && !(info.ProcessorInfo?.SupportedArchitectures ?? []).Contains(image.Architecture.Value)
            ? throw No(PlatformErrorKind.Refused, $"The instance type {type} does not run {image.Architecture} images, and {image.ImageId} ({image.Name}) is one. Name a type of that architecture{(arm ? ", such as m7g.large," : "")} in target.aws.instanceType, or another image.")
            : new InstanceShape(type, architecture, arm || image.BootMode is { Value: "uefi" or "uefi-preferred" } ? "uefi" : "legacy-bios", tpm, why);
    }

    private async Task PreviewImageAsync(VmRequest request, ImageStart start, AwsTarget options, PropertyPath at, ImmutableArray<Finding>.Builder findings, ImmutableArray<string>.Builder shape, CancellationToken cancellation)
    {
        var here = PropertyPath.Of("replatform");
        Image image;
        try
        {
            image = await NeedImageAsync(start.Image, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.NotFound or PlatformErrorKind.Refused)
        {
            findings.Add(Finding.Error("aws.image.exists", here.Child("image"), $"{e.Message.TrimEnd('.')}. Name one that this account can launch in {_settings.Region}."));
            return;
        }

        if (image.State != ImageState.Available)
        {
            findings.Add(Finding.Error("aws.image.exists", here.Child("image"), $"The image {image.ImageId} ({image.Name}) is {image.State}, not available."));
        }

        if (image.RootDeviceType != DeviceType.Ebs)
        {
            findings.Add(Finding.Error("aws.image.root", here.Child("image"), $"The root of image {image.ImageId} ({image.Name}) is no EBS volume, so an instance of it cannot be stopped before its data is there. Name an image with an EBS root."));
        }

        var own = (image.BlockDeviceMappings ?? []).Select(mapping => mapping.DeviceName).Append(image.RootDeviceName).ToHashSet(StringComparer.Ordinal);
        foreach (var (disk, device) in start.Devices.OrderBy(pair => pair.Value, StringComparer.Ordinal))
        {
            if (own.Contains(device))
            {
                findings.Add(Finding.Error("aws.device.name", here.Child("dataDisks"), $"The device name \"{device}\" for disk {disk} is the image's own: {image.ImageId} ({image.Name}) has {string.Join(", ", own)}. Choose another."));
            }
            else if (!DataDevice().IsMatch(device))
            {
                findings.Add(Finding.Error("aws.device.name", here.Child("dataDisks"), $"\"{device}\" for disk {disk} is no device name that EC2 takes for a data volume. They are /dev/sdb to /dev/sdz (AWS advises /dev/sdf to /dev/sdp) or /dev/xvdb to /dev/xvddz."));
            }
        }

        if (options.BootMode is not null)
        {
            findings.Add(Finding.Warning("input.unused", at.Child("bootMode"), $"An instance of image {image.ImageId} boots as the image says, so what is said here does nothing."));
        }

        if (options.KeyPair is { } pair)
        {
            try
            {
                await _connection.AskAsync($"looking for key pair {pair}", ec2 => ec2.DescribeKeyPairsAsync(new DescribeKeyPairsRequest { KeyNames = [pair] }, cancellation), cancellation).ConfigureAwait(false);
            }
            catch (PlatformException e) when (e.Kind is PlatformErrorKind.NotFound or PlatformErrorKind.Refused)
            {
                findings.Add(Finding.Error("aws.key.exists", at.Child("keyPair"), e.Message));
            }
        }

        shape.Add($"of image {image.ImageId} ({image.Name}, {image.Architecture}), which boots once without the data, is stopped, and gets "
            + string.Join(", ", request.Disks.Select(disk => $"{disk.DiskName} ({Human.Bytes(disk.LengthBytes)}) at {start.Devices.GetValueOrDefault(disk.DiskName, "?")}")));
    }

    /// <summary>
    /// EC2 makes an instance of an image only by starting it. Its first boot is let through to its end, without the data; pulling the plug in it would leave a half-made system.
    /// </summary>
    private async Task FirstBootAsync(string vmId, CancellationToken cancellation)
    {
        var checks = new StatusChecks(_connection, FirstBoot);
        var since = _time.GetTimestamp();
        while ((await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false)).State.Name == InstanceStateName.Running
            && !(await checks.LookAsync(vmId, cancellation).ConfigureAwait(false)).Passed
            && _time.GetElapsedTime(since) < FirstBoot)
        {
            await Task.Delay(checks.Interval, _time, cancellation).ConfigureAwait(false);
        }
    }
}
