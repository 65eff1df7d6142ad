using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

/// <summary>Amazon EC2: one account in one region.</summary>
public sealed class AwsPlatform : PlatformType
{
    private static readonly ObjectType AssumeRole = new(
        "AwsAssumeRole",
        "A role to take on before anything else is asked.",
        [
            new("roleArn", FieldType.Text, "The role's ARN.") { Required = true },
            new("externalId", FieldType.Text, "The external id that the role's trust policy asks for.") { Secret = true },
            new("sessionName", FieldType.Text, "How the session is called in CloudTrail.") { Default = Value.Text("vmmigrate") },
        ]);

    public override string Key => AwsSite.Key;

    public override ObjectType Block { get; } = new(
        "AwsSite",
        "Amazon EC2 in one region. Without keys or a profile, AWS's own chain is asked: environment, profile, SSO, container, instance role.",
        [
            new("region", FieldType.Text, "The region, such as `eu-central-1`.") { Required = true },
            new("profile", FieldType.Text, "A profile of the shared config and credentials files, also one with SSO or a role."),
            new("accessKeyId", FieldType.Text, "An access key, where none is to be taken from the environment."),
            new("secretAccessKey", FieldType.Text, "Its secret.") { Secret = true },
            new("sessionToken", FieldType.Text, "Its session token.") { Secret = true },
            new("assumeRole", FieldType.Of(AssumeRole), "A role to take on."),
            new("kmsKeyArn", FieldType.Text, "The KMS key with which disks made here are encrypted. Default: as the account has it."),
            new("blocksPerSecond", FieldType.Integer, "The most calls a second to EBS direct for blocks of 512 KiB; stay below the account's quota.") { Default = Value.Number(800) },
            new("blocksInFlight", FieldType.Integer, "Blocks on their way at once, of one disk.") { Default = Value.Number(64) },
            new("priceFile", FieldType.Text, "A JSON file with your own prices for the cost at preview."),
            new("endpoint", FieldType.Text, "One address in place of AWS's endpoints, for test servers."),
        ]);

    public override ObjectType? TargetBlock => AwsTarget.Type;

    public override IEnumerable<Finding> Check(MapValue block, PropertyPath at)
    {
        if (block["accessKeyId"].AsText is not null && block["secretAccessKey"] is NullValue)
        {
            yield return Finding.Error("input.missing", at.Child("secretAccessKey"), "accessKeyId is set and secretAccessKey is not. Set both, or none to use AWS's own chain of credentials.");
        }

        if (block["accessKeyId"].AsText is not null && block["profile"].AsText is not null)
        {
            yield return Finding.Error("input.conflict", at.Child("profile"), "profile and accessKeyId name two accounts. Set one of them.");
        }

        if (block["endpoint"].AsText is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return Finding.Error("input.malformed-uri", at.Child("endpoint"), "This is no http or https address.");
        }

        if (block["blocksPerSecond"].AsNumber is < 1 or > 10000)
        {
            yield return Finding.Error("input.range", at.Child("blocksPerSecond"), "Between 1 and 10000 calls a second.");
        }

        if (block["blocksInFlight"].AsNumber is < 1 or > 256)
        {
            yield return Finding.Error("input.range", at.Child("blocksInFlight"), "Between 1 and 256 blocks; each holds 512 KiB of memory.");
        }
    }

    public override Site Open(string siteName, MapValue block, TimeProvider time) => new AwsSite(siteName, AwsSettings.Read(block), time);
}
