namespace VmMigrate.Engine.Blocks.Images;

/// <summary>A range of an image's disk and what is stored for it.</summary>
internal readonly record struct ImageExtent(Extent Range, ImageExtentKind Kind);
