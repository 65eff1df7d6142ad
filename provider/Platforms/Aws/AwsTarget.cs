using System.Collections.Immutable;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

/// <summary>What a declaration says about the instance: the block <c>target.aws</c>.</summary>
internal sealed record AwsTarget
{
    internal static ObjectType Type { get; } = new(
        "AwsTarget",
        "How the instance is to be, where the target is an `aws` site.",
        [
            new("instanceType", FieldType.Text, "The instance type. Default: the smallest current one that has the VM's processors and memory."),
            new("securityGroups", FieldType.ListOf(FieldType.Text), "Ids of the security groups of every network interface. Default: the VPC's own."),
            new("keyPair", FieldType.Text, "Name of the EC2 key pair whose public key the image's cloud-init lets in, for `replatform`."),
            new("instanceProfile", FieldType.Text, "Name or ARN of the instance profile."),
            new("privateAddresses", FieldType.ListOf(FieldType.Text), "The private IPv4 address of each network interface, in the order of the VM's cards; an empty text lets EC2 choose. Default: the VM's own address where it fits the subnet."),
            new("iops", FieldType.Integer, "IOPS of each volume (gp3, io1, io2)."),
            new("throughput", FieldType.Integer, "Throughput of each volume in MiB/s (gp3)."),
            new("bootMode", FieldType.Of(Boot), "How the instance boots. Default: as the VM does."),
            new("statusChecks", FieldType.Bool, "Whether EC2's system and instance status checks have to be ok before the instance is accepted.") { Default = Value.Bool(true) },
            new("statusChecksTimeout", FieldType.Duration, "How long to wait for them.") { Default = Value.Text("10m") },
            new("tags", FieldType.MapOf(FieldType.Text), "Tags on everything that stays: instance, volumes, network interfaces."),
        ]);

    private static EnumType Boot => new("AwsBootMode", "How an instance boots.", [new("LegacyBios", "BIOS."), new("Uefi", "UEFI.")]);

    internal string? InstanceType { get; init; }

    internal ImmutableArray<string> SecurityGroups { get; init; } = [];

    internal string? KeyPair { get; init; }

    internal string? InstanceProfile { get; init; }

    internal ImmutableArray<string> PrivateAddresses { get; init; } = [];

    internal int? Iops { get; init; }

    internal int? Throughput { get; init; }

    internal string? BootMode { get; init; }

    internal bool StatusChecks { get; init; }

    internal TimeSpan StatusChecksTimeout { get; init; }

    internal ImmutableDictionary<string, string> Tags { get; init; } = ImmutableDictionary<string, string>.Empty;

    internal static AwsTarget Read(MapValue options) => new()
    {
        InstanceType = options["instanceType"].AsText,
        SecurityGroups = [.. (options["securityGroups"].AsList?.Items ?? []).Select(item => item.AsText).OfType<string>()],
        KeyPair = options["keyPair"].AsText,
        InstanceProfile = options["instanceProfile"].AsText,
        PrivateAddresses = [.. (options["privateAddresses"].AsList?.Items ?? []).Select(item => item.AsText ?? "")],
        Iops = (int?)options["iops"].AsNumber,
        Throughput = (int?)options["throughput"].AsNumber,
        BootMode = options["bootMode"].AsText switch { "Uefi" => "uefi", "LegacyBios" => "legacy-bios", _ => null },
        StatusChecks = options["statusChecks"].AsBool ?? true,
        StatusChecksTimeout = (options["statusChecksTimeout"].AsText is { } patience ? Quantity.Duration(patience) : null) ?? TimeSpan.FromMinutes(10),
        Tags = (options["tags"].AsMap?.Entries ?? Value.EmptyMap.Entries).Where(entry => entry.Value.AsText is not null).ToImmutableDictionary(entry => entry.Key, entry => entry.Value.AsText!),
    };
}
