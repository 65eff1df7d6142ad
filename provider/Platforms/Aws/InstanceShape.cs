using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Aws;

/// <summary>The instance that a VM becomes.</summary>
/// <param name="Why">How the type was chosen, for preview.</param>
internal sealed record InstanceShape(string Type, string Architecture, string BootMode, bool Tpm, string Why);

internal sealed partial class AwsSite
{
    private async Task<InstanceShape> ShapeOfAsync(VmRequest request, AwsTarget options, int cards, CancellationToken cancellation)
    {
        if (request.Image is { } start)
        {
            return await ShapeOfAsync(request, await NeedImageAsync(start.Image, cancellation).ConfigureAwait(false), options, cards, cancellation).ConfigureAwait(false);
        }

        var vm = request.Source;
        var native = request.SourcePlatform == Key && vm.NativeDefinition is { } text ? JsonNode.Parse(text) : null;
        var architecture = vm.Architecture.Or("x86_64") is "aarch64" or "arm64" ? "aarch64" : "x86_64";
        var boot = options.BootMode ?? (vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi ? "uefi" : "legacy-bios");
        var tpm = vm.Tpm.Or(false) && boot == "uefi";
        var (type, why) = options.InstanceType is { } declared ? (declared, "declared")
            : (string?)native?["instanceType"] is { } same ? (same, "as it was in EC2")
            : await ChooseTypeAsync(vm, architecture, cards, tpm, cancellation).ConfigureAwait(false);
        await DescribeTypesAsync([type], cancellation).ConfigureAwait(false);
        if (_types.TryGetValue(type, out var info) && !(info.ProcessorInfo?.SupportedArchitectures ?? []).Contains(architecture == "aarch64" ? "arm64" : "x86_64"))
        {
            throw No(PlatformErrorKind.Refused, $"The instance type {type} has another processor architecture than {vm.Name} ({architecture}): its disks would not boot there. A move to another architecture is a new instance of an image with its data disks moved: declare replatform.");
        }

        return new InstanceShape(type, architecture, boot, tpm, why);
    }

    /// <summary>The smallest current type that has what the VM has: processors, memory, cards; then the one with most network and EBS bandwidth.</summary>
    private async Task<(string Type, string Why)> ChooseTypeAsync(Vm vm, string architecture, int cards, bool tpm, CancellationToken cancellation)
    {
        var request = new DescribeInstanceTypesRequest
        {
            Filters = [new Filter("processor-info.supported-architecture", [architecture == "aarch64" ? "arm64" : "x86_64"]), new Filter("current-generation", ["true"])],
        };
        var all = new List<InstanceTypeInfo>();
        do
        {
            var page = await _connection.AskAsync("listing the instance types", ec2 => ec2.DescribeInstanceTypesAsync(request, cancellation), cancellation).ConfigureAwait(false);
            all.AddRange(page.InstanceTypes ?? []);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        var cpus = vm.Cpus.Or(1);
        var memory = (vm.MemoryBytes.Or(0) + (1 << 20) - 1) >> 20;
        var best = InstanceTypeChoice.Choose(all, cpus, memory, cards, tpm)
            ?? throw No(PlatformErrorKind.Unsupported, $"No current instance type at {Name} has {cpus} processors, {memory} MiB of memory and {cards} network interfaces for {vm.Name}. Name one in target.aws.instanceType.");
        _types[best.InstanceType.Value] = best;
        return (best.InstanceType.Value, InstanceTypeChoice.Why(best, cpus, memory));
    }
}

/// <summary>Picks the type. Pure.</summary>
internal static class InstanceTypeChoice
{
    internal static InstanceTypeInfo? Choose(IEnumerable<InstanceTypeInfo> types, int cpus, long memoryMib, int cards, bool tpm) => types
        .Where(type => type.BareMetal != true && type.Hypervisor == InstanceTypeHypervisor.Nitro)
        .Where(type => type.VCpuInfo?.DefaultVCpus >= cpus && type.MemoryInfo?.SizeInMiB >= memoryMib && type.NetworkInfo?.MaximumNetworkInterfaces >= cards)
        // Types for one purpose cost for it: graphics, machine learning, local disks, high clocks, video, FPGAs.
        .Where(type => type.GpuInfo is null && type.FpgaInfo is null && type.InferenceAcceleratorInfo is null && type.InstanceStorageInfo is null && !type.InstanceType.Value.StartsWith("mac", StringComparison.Ordinal))
        .Where(type => !tpm || type.NitroTpmSupport == NitroTpmSupport.Supported)
        .OrderBy(type => type.VCpuInfo.DefaultVCpus).ThenBy(type => type.MemoryInfo.SizeInMiB)
        // A type that runs on credits slows down under a steady load; take it only where nothing else is as small.
        .ThenBy(type => type.BurstablePerformanceSupported == true)
        .ThenByDescending(type => type.EbsInfo?.EbsOptimizedInfo?.MaximumBandwidthInMbps ?? 0)
        .ThenByDescending(type => type.InstanceType.Value, StringComparer.Ordinal)
        .FirstOrDefault();

    internal static string Why(InstanceTypeInfo type, int cpus, long memoryMib) =>
        $"the smallest that has {cpus} vCPU and {memoryMib} MiB: {type.VCpuInfo.DefaultVCpus} vCPU, {type.MemoryInfo.SizeInMiB} MiB, network {type.NetworkInfo?.NetworkPerformance}, EBS {type.EbsInfo?.EbsOptimizedInfo?.MaximumBandwidthInMbps} Mbit/s";
}
