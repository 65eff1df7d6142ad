using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

/// <summary>An <c>aws</c> block, read.</summary>
internal sealed record AwsSettings
{
    internal required string Region { get; init; }

    internal string? Profile { get; init; }

    internal string? AccessKeyId { get; init; }

    internal string? SecretAccessKey { get; init; }

    internal string? SessionToken { get; init; }

    internal string? RoleArn { get; init; }

    internal string? ExternalId { get; init; }

    internal string SessionName { get; init; } = "vmmigrate";

    /// <summary>One address for every service, for test servers and proxies; null: AWS's own.</summary>
    internal Uri? Endpoint { get; init; }

    /// <summary>The key that disks made here are encrypted with; null: the account's default.</summary>
    internal string? KmsKeyArn { get; init; }

    /// <summary>The most calls a second with blocks. AWS allows 1,000 for reads and for writes in most regions, shared by everybody in the account.</summary>
    internal int BlocksPerSecond { get; init; } = 800;

    /// <summary>Blocks of 512 KiB on their way at once, of one disk.</summary>
    internal int BlocksInFlight { get; init; } = 64;

    /// <summary>A file with prices in place of the built-in one.</summary>
    internal string? PriceFile { get; init; }

    internal static AwsSettings Read(MapValue block) => new()
    {
        Region = block["region"].AsText!,
        Profile = block["profile"].AsText,
        AccessKeyId = block["accessKeyId"].AsText,
        SecretAccessKey = block["secretAccessKey"].AsText,
        SessionToken = block["sessionToken"].AsText,
        RoleArn = block["assumeRole"]["roleArn"].AsText,
        ExternalId = block["assumeRole"]["externalId"].AsText,
        SessionName = block["assumeRole"]["sessionName"].AsText ?? "vmmigrate",
        Endpoint = block["endpoint"].AsText is { } text ? new Uri(text) : null,
        KmsKeyArn = block["kmsKeyArn"].AsText,
        BlocksPerSecond = (int)(block["blocksPerSecond"].AsNumber ?? 800),
        BlocksInFlight = (int)(block["blocksInFlight"].AsNumber ?? 64),
        PriceFile = block["priceFile"].AsText,
    };
}
