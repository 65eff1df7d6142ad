using System.IO.Hashing;
using System.Security.Cryptography;

namespace VmMigrate.Engine.Blocks;

/// <summary>One-shot digests into the caller's memory.</summary>
internal static class BlockHash
{
    internal const int MaxBytes = 32;

    internal static int LengthBytes(DigestAlgorithm algorithm) => algorithm switch
    {
        DigestAlgorithm.XxHash128 => 16,
        DigestAlgorithm.Sha256 => 32,
        _ => 0,
    };

    internal static string Prefix(DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Sha256 ? "sha256" : "xxh128";

    internal static void Hash(DigestAlgorithm algorithm, ReadOnlySpan<byte> content, Span<byte> digest)
    {
        if (algorithm == DigestAlgorithm.Sha256)
            SHA256.HashData(content, digest);
        else
            XxHash128.Hash(content, digest);
    }
}
