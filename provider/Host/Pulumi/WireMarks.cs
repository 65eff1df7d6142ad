using System.Collections.Frozen;

namespace VmMigrate.Host.Pulumi;

/// <summary>The constants with which Pulumi writes what a Struct cannot hold: secrets, unknowns, assets, references.</summary>
/// <remarks>Source: pulumi/pulumi, sdk/go/common/resource/sig and sdk/go/common/resource/plugin/rpc.go.</remarks>
internal static class WireMarks
{
    /// <summary>An object that has this member is no plain object: the member's value tells what it is.</summary>
    internal const string Signature = "4dabf18193072939515e22adb298388d";

    internal const string Secret = "1b47061264138c4ac30d75fd1eb44270";
    internal const string Asset = "c44067f5952c0a294b673a41bacd8c17";
    internal const string Archive = "0def7320c3a5731c473e5ecbe6d01bc7";
    internal const string ResourceReference = "5cf8f73096256a8f31e491e813e4eb8e";
    internal const string OutputValue = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
    internal const string ByteString = "803fd3297a5875dc03ca845dda5d2a98";

    internal const string UnknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

    /// <summary>SDKs mostly send the text's mark whatever the type, since they do not know it; any of them may stand anywhere.</summary>
    internal static FrozenSet<string> Unknowns { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        UnknownText,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff");
}
