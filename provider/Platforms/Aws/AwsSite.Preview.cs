using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Text;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

// Everything that EC2 can be asked before anything is made: rights, addresses, types, quotas, and what it will cost.
internal sealed partial class AwsSite
{
    private static readonly PropertyPath Target = PropertyPath.Of("target");

    public override async Task<TargetPreview> PreviewDefinedAsync(VmRequest request, CancellationToken cancellation)
    {
        var options = AwsTarget.Read(request.Options);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var shape = ImmutableArray.CreateBuilder<string>();
        var at = Target.Child(Key);
        findings.AddRange(await MissingRightsAsync(cancellation).ConfigureAwait(false));

        var subnets = await SubnetsAsync(cancellation).ConfigureAwait(false);
        var cards = new List<(Engine.Facts.Nic Nic, Subnet Subnet)>();
        foreach (var nic in request.Source.Nics)
        {
            try
            {
                cards.Add((nic, SubnetOf(request, nic, subnets)));
            }
            catch (PlatformException e)
            {
                findings.Add(Finding.Error("aws.subnet.unique", Target.Child("networks"), e.Message));
            }
        }

        await PreviewCardsAsync(request, options, cards, at, findings, shape, cancellation).ConfigureAwait(false);
        if (request.Image is { } start)
        {
            await PreviewImageAsync(request, start, options, at, findings, shape, cancellation).ConfigureAwait(false);
        }
        else if (options.KeyPair is not null)
        {
            findings.Add(Finding.Warning("input.unused", at.Child("keyPair"), "A VM that moves as it is has its own keys: a key pair does nothing without replatform."));
        }

        if (await PreviewTypeAsync(request, options, cards.Count, at, findings, shape, cancellation).ConfigureAwait(false) is { } type)
        {
            PreviewVolumes(request, options, at, findings);
            await PreviewQuotasAsync(type, request, findings, cancellation).ConfigureAwait(false);
            findings.AddRange(AwsPrices.Load(_settings.PriceFile, _settings.Region).Estimate(type.InstanceType.Value, request, options));
        }

        await PreviewReferencesAsync(options, cards.Select(card => card.Subnet).FirstOrDefault()?.VpcId, at, findings, cancellation).ConfigureAwait(false);
        return new TargetPreview(findings.ToImmutable(), shape.ToImmutable());
    }

    private async Task PreviewCardsAsync(
        VmRequest request, AwsTarget options, List<(Engine.Facts.Nic Nic, Subnet Subnet)> cards, PropertyPath at, ImmutableArray<Finding>.Builder findings, ImmutableArray<string>.Builder shape, CancellationToken cancellation)
    {
        if (cards.Select(card => card.Subnet.AvailabilityZone).Distinct().Count() > 1)
        {
            findings.Add(Finding.Error(
                "aws.subnet.zone", Target.Child("networks"),
                $"The cards of {request.Source.Name} go to subnets in several availability zones ({string.Join(", ", cards.Select(card => $"{card.Subnet.SubnetId} in {card.Subnet.AvailabilityZone}"))}). An instance is in one: name subnets of one zone."));
        }

        for (var i = 0; i < cards.Count; i++)
        {
            var subnet = cards[i].Subnet;
            var here = at.Child("privateAddresses");
            var used = await UsedAddressesAsync(subnet.SubnetId, request.Stamp.MigrationId, cancellation).ConfigureAwait(false);
            var declared = options.PrivateAddresses.Length > i ? options.PrivateAddresses[i] : "";
            var address = AddressPlan.For(request.Source, i, subnet.CidrBlock, options);
            if (declared.Length > 0 && AddressPlan.WhyNot(declared, subnet.CidrBlock) is { } why)
            {
                findings.Add(Finding.Error("aws.address.fits", here, $"The address for card {i + 1} cannot be had in {subnet.SubnetId}: {why}. Choose another, or another subnet in target.networks."));
            }
            else if (address is not null && used.TryGetValue(address, out var holder))
            {
                findings.Add(Finding.Error("aws.address.free", here, $"The address {address} for card {i + 1} is in use in {subnet.SubnetId} by {holder}. Free it, or declare another in target.aws.privateAddresses."));
            }
            else if (address is null && declared.Length == 0 && !request.Source.Addresses.IsEmpty)
            {
                findings.Add(Finding.Warning(
                    "aws.address.changes", here,
                    $"None of the addresses of {request.Source.Name} ({string.Join(", ", request.Source.Addresses)}) fits {subnet.SubnetId} ({subnet.CidrBlock}), so card {i + 1} gets a new one from EC2. Whoever knows the old one must be told; or choose a subnet that holds it."));
            }

            if ((subnet.AvailableIpAddressCount ?? 0) < 1)
            {
                findings.Add(Finding.Error("aws.subnet.full", Target.Child("networks"), $"The subnet {subnet.SubnetId} ({subnet.CidrBlock}) has no free address."));
            }

            shape.Add($"card {i + 1} in {subnet.SubnetId} ({subnet.AvailabilityZone}) {(address is null ? "with an address of EC2's choice" : $"with {address}")}");
        }
    }

    private async Task<InstanceTypeInfo?> PreviewTypeAsync(
        VmRequest request, AwsTarget options, int cards, PropertyPath at, ImmutableArray<Finding>.Builder findings, ImmutableArray<string>.Builder shape, CancellationToken cancellation)
    {
        var here = at.Child("instanceType");
        InstanceShape chosen;
        try
        {
            chosen = await ShapeOfAsync(request, options, cards, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException e) when (e.Kind is PlatformErrorKind.Refused or PlatformErrorKind.Unsupported)
        {
            findings.Add(Finding.Error("aws.type.fits", here, e.Message));
            return null;
        }
        catch (PlatformException e) when (request.Image is not null && e.Kind == PlatformErrorKind.NotFound)
        {
            // The image is not there, which was told.
            return null;
        }

        if (!_types.TryGetValue(chosen.Type, out var type))
        {
            findings.Add(Finding.Error("aws.type.exists", here, $"There is no instance type \"{chosen.Type}\" at {Name} ({Where})."));
            return null;
        }

        shape.Add($"{chosen.Type} ({chosen.Why}), boots by {(chosen.BootMode == "uefi" ? "UEFI" : "BIOS")}{(chosen.Tpm ? " with a TPM" : "")}");
        var cpus = request.Source.Cpus.Or(0);
        var memory = request.Source.MemoryBytes.Or(0) >> 20;
        if (type.VCpuInfo.DefaultVCpus < cpus || type.MemoryInfo.SizeInMiB < memory)
        {
            findings.Add(Finding.Warning("aws.type.small", here, $"{chosen.Type} has {type.VCpuInfo.DefaultVCpus} vCPU and {type.MemoryInfo.SizeInMiB} MiB, and {request.Source.Name} has {cpus} and {memory} MiB now."));
        }

        if (type.NetworkInfo?.MaximumNetworkInterfaces < cards)
        {
            findings.Add(Finding.Error("aws.type.cards", here, $"{chosen.Type} takes {type.NetworkInfo.MaximumNetworkInterfaces} network interfaces, and {request.Source.Name} has {cards}. Name a larger type."));
        }

        if (type.Hypervisor != InstanceTypeHypervisor.Nitro)
        {
            findings.Add(Finding.Warning("aws.type.nitro", here, $"{chosen.Type} is not of the Nitro generation: no NVMe, and disks are read and written slowly. Name a current type."));
        }

        if (chosen.BootMode == "uefi" && !(type.SupportedBootModes ?? []).Contains("uefi"))
        {
            findings.Add(Finding.Error("aws.type.uefi", here, $"{chosen.Type} does not boot by UEFI, and {request.Source.Name} needs it."));
        }

        if (chosen.Tpm && type.NitroTpmSupport != NitroTpmSupport.Supported)
        {
            findings.Add(Finding.Error("aws.type.tpm", here, $"{chosen.Type} has no NitroTPM, and {request.Source.Name} has a TPM."));
        }
        else if (chosen.Tpm)
        {
            findings.Add(Finding.Warning("aws.tpm.empty", here, $"The instance's TPM is empty: what {request.Source.Name} has sealed in its own (disk encryption, credentials) is not carried over. Have the recovery keys at hand."));
        }

        return type;
    }

    private static void PreviewVolumes(VmRequest request, AwsTarget options, PropertyPath at, ImmutableArray<Finding>.Builder findings)
    {
        foreach (var disk in request.Disks)
        {
            var (most, least) = VolumeLimits.SizeGib(disk.Pool);
            var size = TargetLine.Gibibytes(disk.LengthBytes);
            if (size > most)
            {
                findings.Add(Finding.Error("aws.volume.size", Target.Child("storagePool"), $"Disk {disk.DiskName} is {Human.Bytes(disk.LengthBytes)}, and a {disk.Pool} volume holds {most} GiB at most. Choose another volume type, or split the disk."));
            }
            else if (size < least)
            {
                findings.Add(Finding.Error("aws.volume.size", Target.Child("storagePool"), $"Disk {disk.DiskName} is {Human.Bytes(disk.LengthBytes)}, and a {disk.Pool} volume has {least} GiB at least. Choose gp3."));
            }
            else if (disk.LengthBytes % (1L << 30) != 0)
            {
                findings.Add(Finding.Note("aws.volume.rounds", Target, $"Disk {disk.DiskName} ({disk.LengthBytes} bytes) becomes a volume of {size} GiB: EBS has whole GiB only. What is behind the disk's end is zeroes."));
            }

            if (options.Iops is { } iops && VolumeLimits.WhyNotIops(disk.Pool, size, iops) is { } why)
            {
                findings.Add(Finding.Error("aws.volume.iops", at.Child("iops"), $"Disk {disk.DiskName}: {why}."));
            }

            if (options.Throughput is { } rate && (disk.Pool != "gp3" || rate is < 125 or > 2000))
            {
                findings.Add(Finding.Error("aws.volume.throughput", at.Child("throughput"), $"Disk {disk.DiskName}: only gp3 volumes have a throughput of their own, from 125 to 2000 MiB/s; {rate} for {disk.Pool} is refused."));
            }
        }

        if (request.Image is not null)
        {
            return;
        }

        if (request.Disks.Length > 26)
        {
            findings.Add(Finding.Error("aws.volume.count", PropertyPath.Of("vm"), $"{request.Source.Name} has {request.Disks.Length} disks; an instance takes 26 by our naming of devices."));
        }

        if (VolumeLimits.IsForDataOnly(request.Disks.FirstOrDefault()?.Pool))
        {
            findings.Add(Finding.Error("aws.volume.boots", Target.Child("storagePool"), $"An instance does not boot from a {request.Disks[0].Pool} volume. Choose gp3 or io2."));
        }
    }

    private async Task PreviewReferencesAsync(AwsTarget options, string? vpc, PropertyPath at, ImmutableArray<Finding>.Builder findings, CancellationToken cancellation)
    {
        foreach (var id in options.SecurityGroups)
        {
            try
            {
                var found = await _connection.AskAsync($"looking for security group {id}", ec2 => ec2.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest { GroupIds = [id] }, cancellation), cancellation).ConfigureAwait(false);
                if (vpc is not null && found.SecurityGroups[0].VpcId != vpc)
                {
                    findings.Add(Finding.Error("aws.group.vpc", at.Child("securityGroups"), $"Security group {id} belongs to {found.SecurityGroups[0].VpcId}, and the subnets are in {vpc}."));
                }
            }
            catch (PlatformException e) when (e.Kind is PlatformErrorKind.NotFound or PlatformErrorKind.Refused)
            {
                findings.Add(Finding.Error("aws.group.exists", at.Child("securityGroups"), e.Message));
            }
        }
    }

    private async Task<Dictionary<string, string>> UsedAddressesAsync(string subnet, string migrationId, CancellationToken cancellation)
    {
        var request = new DescribeNetworkInterfacesRequest { Filters = [new Filter("subnet-id", [subnet])] };
        var used = new Dictionary<string, string>(StringComparer.Ordinal);
        do
        {
            var page = await _connection.AskAsync($"listing the addresses in {subnet}", ec2 => ec2.DescribeNetworkInterfacesAsync(request, cancellation), cancellation).ConfigureAwait(false);
            foreach (var card in (page.NetworkInterfaces ?? []).Where(card => (card.TagSet ?? []).Find(tag => tag.Key == AwsTags.Migration)?.Value != migrationId))
            {
                used[card.PrivateIpAddress] = card.Attachment?.InstanceId ?? card.NetworkInterfaceId;
            }

            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return used;
    }

    // --- Rights ---

    /// <summary>Rights that EC2's dry run can tell. Those of EBS direct, SSM and KMS have no dry run; a refusal there names itself at the first call.</summary>
    private async Task<IEnumerable<Finding>> MissingRightsAsync(CancellationToken cancellation)
    {
        const string Nothing = "0123456789abcdef0";
        var calls = new (string Right, Func<AmazonEC2Client, Task> Try)[]
        {
            ("ec2:CreateTags", ec2 => ec2.CreateTagsAsync(new CreateTagsRequest(["i-" + Nothing], [new Tag("vmmigrate:try", "")]) { DryRun = true }, cancellation)),
            ("ec2:CreateVolume", ec2 => ec2.CreateVolumeAsync(new CreateVolumeRequest { AvailabilityZone = _settings.Region + "a", Size = 1, DryRun = true }, cancellation)),
            ("ec2:AttachVolume", ec2 => ec2.AttachVolumeAsync(new AttachVolumeRequest("vol-" + Nothing, "i-" + Nothing, "/dev/sdz") { DryRun = true }, cancellation)),
            ("ec2:DetachVolume", ec2 => ec2.DetachVolumeAsync(new DetachVolumeRequest("vol-" + Nothing) { DryRun = true }, cancellation)),
            ("ec2:DeleteVolume", ec2 => ec2.DeleteVolumeAsync(new DeleteVolumeRequest("vol-" + Nothing) { DryRun = true }, cancellation)),
            ("ec2:CreateSnapshots", ec2 => ec2.CreateSnapshotsAsync(new CreateSnapshotsRequest { InstanceSpecification = new InstanceSpecification { InstanceId = "i-" + Nothing }, DryRun = true }, cancellation)),
            ("ec2:DeleteSnapshot", ec2 => ec2.DeleteSnapshotAsync(new DeleteSnapshotRequest("snap-" + Nothing) { DryRun = true }, cancellation)),
            ("ec2:CreateNetworkInterface", ec2 => ec2.CreateNetworkInterfaceAsync(new CreateNetworkInterfaceRequest { SubnetId = "subnet-" + Nothing, DryRun = true }, cancellation)),
            ("ec2:DeleteNetworkInterface", ec2 => ec2.DeleteNetworkInterfaceAsync(new DeleteNetworkInterfaceRequest { NetworkInterfaceId = "eni-" + Nothing, DryRun = true }, cancellation)),
            ("ec2:RegisterImage", ec2 => ec2.RegisterImageAsync(new RegisterImageRequest { Name = "vmmigrate-try", RootDeviceName = RootDevice, DryRun = true }, cancellation)),
            ("ec2:DeregisterImage", ec2 => ec2.DeregisterImageAsync(new DeregisterImageRequest { ImageId = "ami-" + Nothing, DryRun = true }, cancellation)),
            ("ec2:RunInstances", ec2 => ec2.RunInstancesAsync(new RunInstancesRequest("ami-" + Nothing, 1, 1) { DryRun = true }, cancellation)),
            ("ec2:StartInstances", ec2 => ec2.StartInstancesAsync(new StartInstancesRequest(["i-" + Nothing]) { DryRun = true }, cancellation)),
            ("ec2:StopInstances", ec2 => ec2.StopInstancesAsync(new StopInstancesRequest(["i-" + Nothing]) { DryRun = true }, cancellation)),
            ("ec2:TerminateInstances", ec2 => ec2.TerminateInstancesAsync(new TerminateInstancesRequest(["i-" + Nothing]) { DryRun = true }, cancellation)),
            ("ec2:ModifyInstanceAttribute", ec2 => ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = "i-" + Nothing, DisableApiTermination = true, DryRun = true }, cancellation)),
            ("ec2:CreateLaunchTemplate", ec2 => ec2.CreateLaunchTemplateAsync(new CreateLaunchTemplateRequest { LaunchTemplateName = LeaseName("try"), LaunchTemplateData = new RequestLaunchTemplateData { InstanceInitiatedShutdownBehavior = "stop" }, DryRun = true }, cancellation)),
            ("ec2:DeleteLaunchTemplate", ec2 => ec2.DeleteLaunchTemplateAsync(new DeleteLaunchTemplateRequest { LaunchTemplateId = "lt-" + Nothing, DryRun = true }, cancellation)),
            ("ec2:DescribeLaunchTemplates", ec2 => ec2.DescribeLaunchTemplatesAsync(new DescribeLaunchTemplatesRequest { DryRun = true }, cancellation)),
            ("ec2:GetConsoleOutput", ec2 => ec2.GetConsoleOutputAsync(new GetConsoleOutputRequest { InstanceId = "i-" + Nothing, DryRun = true }, cancellation)),
        };
        var answers = await Task.WhenAll(calls.Select(async call => (call.Right, Why: await _connection.WhyNotAllowedAsync(call.Try, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        var missing = answers.Where(answer => answer.Why is not null).ToList();
        return missing.Count == 0
            ? []
            : [Finding.Error(
                "access.target.rights", Target.Child("site"),
                $"The account at {Name} may not do what a move needs: {string.Join(", ", missing.Select(answer => answer.Right))} (EC2's dry run: {missing[0].Why!.TrimEnd('.')}). The whole policy stands in docs/platforms/aws.md.")];
    }
}
