namespace VmMigrate.Engine.Blocks.Images;

internal enum BackingPolicy
{
    /// <summary>Read through the whole chain.</summary>
    Follow,

    /// <summary>An image that has a backing file is refused.</summary>
    Refuse,

    /// <summary>Read the top layer alone: what it does not store is a hole.</summary>
    TopLayerOnly,
}
