namespace VmMigrate.Engine.Blocks;

/// <summary>How content is digested.</summary>
public enum DigestAlgorithm
{
    None,

    /// <summary>XxHash128: finds every accident; not meant against somebody who forges content.</summary>
    XxHash128,

    /// <summary>SHA-256: finds forgeries as well, at about twenty times the cost.</summary>
    Sha256,
}
