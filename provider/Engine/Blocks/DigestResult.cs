namespace VmMigrate.Engine.Blocks;

/// <summary>The digest of one disk, from reading it alone.</summary>
public sealed record DigestResult(string Digest, long TotalBytes, long ReadBytes, TimeSpan Duration);
