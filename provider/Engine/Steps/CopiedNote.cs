using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Steps;

/// <summary>The note that a disk was copied whole: at which epoch of the source, and its digest then.</summary>
internal sealed record CopiedNote(string Epoch, string Digest)
{
    internal static CopiedNote? Read(Stamp? stamp, string disk) =>
        stamp?[StampNotes.CopiedPrefix + disk]?.Split(' ') is [var epoch, var digest] ? new CopiedNote(epoch, digest) : null;

    internal Stamp Write(Stamp stamp, string disk) => stamp.With(StampNotes.CopiedPrefix + disk, $"{Epoch} {Digest}");
}
