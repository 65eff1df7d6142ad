namespace VmMigrate.Engine.Blocks;

/// <summary>That a copy can go on after it was killed.</summary>
/// <param name="Store">Where the map is kept.</param>
/// <param name="SourceState">Names the content of the source: a checkpoint, or the disk and when the VM stopped. A map that was made from another state is not used, and zeroes are then written, since the target holds old content.</param>
public sealed record ResumeOptions(ResumeStore Store, string SourceState);
