using System.Collections.Immutable;
using System.Globalization;

namespace VmMigrate.Engine.Driving;

/// <summary>Disk proofs as one short line for a stamp: <c>vda 201326592 xxh128-tree:… xxh128-tree:…;vdb …</c>.</summary>
public static class ProofNote
{
    /// <returns>Null where there are none.</returns>
    public static string? Write(IReadOnlyCollection<DiskProof> proofs) => proofs.Count == 0 ? null : string.Join(
        ';',
        proofs.Select(proof => $"{proof.Disk} {proof.LengthBytes.ToString(CultureInfo.InvariantCulture)} {proof.SourceDigest} {proof.TargetDigest}"));

    /// <summary>Reads what <see cref="Write"/> wrote; entries that it did not write are left out.</summary>
    public static ImmutableArray<DiskProof> Read(string? note) =>
    [
        .. (note ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split(' '))
            .Where(parts => parts.Length == 4 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(parts => new DiskProof(parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture), parts[2], parts[3])),
    ];
}
