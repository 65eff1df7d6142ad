namespace VmMigrate.Engine.Blocks.Images;

internal enum ImageExtentKind
{
    /// <summary>Stored bytes, which may still happen to be zero.</summary>
    Data,

    /// <summary>Declared to read as zeroes, whatever lies below.</summary>
    Zero,

    /// <summary>Nothing is stored here in any layer: reads as zeroes.</summary>
    Hole,
}
