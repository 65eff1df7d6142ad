using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

/// <summary>What we write on AWS's objects. A tag's value holds 256 characters, an object 50 tags: notes are packed and cut.</summary>
internal static class AwsTags
{
    private const string Prefix = "vmmigrate:";

    /// <summary>On everything of ours: the migration's id.</summary>
    internal const string Migration = Prefix + "migration";

    /// <summary>On an instance: the stamp's role. An instance without it that has <see cref="Kind"/> is a shell that is being made.</summary>
    internal const string Role = Prefix + "role";

    /// <summary>What the object is to us: disk, working, checkpoint, reading, shell, blank, image, card, lease, <see cref="OfImage"/> and <see cref="Leaving"/>.</summary>
    internal const string Kind = Prefix + "kind";

    /// <summary>A volume that an instance has from its image: nobody's copy.</summary>
    internal const string OfImage = "of-image";

    /// <summary>A volume that a fence keeps, of an instance that is being removed with all it has.</summary>
    internal const string Leaving = "leaving";

    internal const string Disk = Prefix + "disk";

    internal const string Length = Prefix + "length";

    internal const string Pool = Prefix + "pool";

    /// <summary>On a disk's snapshots: the how manieth of its line.</summary>
    internal const string Number = Prefix + "number";

    internal const string Checkpoint = Prefix + "checkpoint";

    internal const string Card = Prefix + "card";

    /// <summary>On an instance: a fence stands, and for people why.</summary>
    internal const string Fenced = Prefix + "fenced";

    /// <summary>On the volume that a fence took away: whose root it is, and how it was attached.</summary>
    internal const string FenceOf = Prefix + "fence-of";

    /// <summary>On an instance made here: everything of it is there.</summary>
    internal const string Defined = Prefix + "defined";

    private const string LeaseToken = Prefix + "lease.token";
    private const string LeaseHolder = Prefix + "lease.holder.";
    private const string LeaseProcess = Prefix + "lease.process";
    private const string LeaseSince = Prefix + "lease.since";
    private const string LeaseUntil = Prefix + "lease.until";
    private const string Notes = Prefix + "notes.";
    private const int MostChunks = 30;
    private const int ChunkLength = 250;

    internal static ImmutableDictionary<string, string> Read(IEnumerable<Tag>? tags) =>
        (tags ?? []).ToImmutableDictionary(tag => tag.Key, tag => tag.Value ?? "", StringComparer.Ordinal);

    internal static TagSpecification Specification(string kind, IEnumerable<KeyValuePair<string, string>> tags) =>
        new() { ResourceType = kind, Tags = Write(tags) };

    internal static List<Tag> Write(IEnumerable<KeyValuePair<string, string>> tags) => [.. tags.Select(tag => new Tag(tag.Key, tag.Value))];

    /// <summary>Filter for objects with this tag.</summary>
    internal static Filter With(string key, string value) => new("tag:" + key, [value]);

    internal static bool IsStamp(string key) => key is Migration or Role || key.StartsWith(Notes, StringComparison.Ordinal);

    /// <summary>The stamp as tags: id and role in plain text, for filters and people; the notes packed.</summary>
    /// <exception cref="PlatformException">The notes are longer than tags can hold.</exception>
    internal static Dictionary<string, string> WriteStamp(Stamp stamp, string site)
    {
        var json = new JsonObject(stamp.Notes.Select(note => KeyValuePair.Create(note.Key, (JsonNode?)JsonValue.Create(note.Value)))).ToJsonString();
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize))
        {
            deflate.Write(Encoding.UTF8.GetBytes(json));
        }

        var text = Convert.ToBase64String(packed.ToArray());
        var count = (text.Length + ChunkLength - 1) / ChunkLength;
        if (count > MostChunks)
        {
            throw new PlatformException(PlatformErrorKind.Full, site, $"The notes of migration {stamp.MigrationId} take {text.Length} characters, and the tags of an instance hold {MostChunks * ChunkLength}.");
        }

        var tags = new Dictionary<string, string>
        {
            [Migration] = stamp.MigrationId,
            [Role] = stamp.Role == StampRole.Source ? "source" : "target",
        };
        for (var i = 0; i < count; i++)
        {
            // The first tells how many belong to it: what an earlier, longer stamp left behind is not read.
            tags[Notes + i.ToString(CultureInfo.InvariantCulture)] = string.Concat(i == 0 ? count.ToString("00", CultureInfo.InvariantCulture) + ":" : "", text.AsSpan(i * ChunkLength, Math.Min(ChunkLength, text.Length - (i * ChunkLength))));
        }

        return tags;
    }

    internal static Stamp? ReadStamp(IReadOnlyDictionary<string, string> tags)
    {
        if (!tags.TryGetValue(Migration, out var id) || !tags.TryGetValue(Role, out var role))
        {
            return null;
        }

        var stamp = new Stamp(id, role == "source" ? StampRole.Source : StampRole.Target);
        if (!tags.TryGetValue(Notes + "0", out var first) || first.Length < 3 || !int.TryParse(first.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return stamp;
        }

        var text = string.Concat(Enumerable.Range(0, count).Select(i => i == 0 ? first[3..] : tags.GetValueOrDefault(Notes + i.ToString(CultureInfo.InvariantCulture))));
        try
        {
            using var packed = new DeflateStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            foreach (var (name, value) in JsonNode.Parse(packed)!.AsObject())
            {
                stamp = stamp.With(name, (string?)value);
            }
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            // Somebody has edited our tags: the id and the role are still plain.
        }

        return stamp;
    }

    internal static Dictionary<string, string> WriteLease(Lease lease)
    {
        var tags = new Dictionary<string, string>
        {
            [Migration] = lease.MigrationId,
            [Kind] = "lease",
            [LeaseToken] = lease.Token.ToString("D"),
            [LeaseProcess] = lease.Process,
            [LeaseSince] = lease.Since.ToString("O", CultureInfo.InvariantCulture),
            [LeaseUntil] = lease.Until.ToString("O", CultureInfo.InvariantCulture),
        };
        var (start, number) = (0, 0);
        do
        {
            var end = Math.Min(lease.Holder.Length, start + ChunkLength);
            end -= end < lease.Holder.Length && char.IsHighSurrogate(lease.Holder[end - 1]) ? 1 : 0;
            tags[LeaseHolder + number++.ToString(CultureInfo.InvariantCulture)] = lease.Holder[start..end];
            start = end;
        }
        while (start < lease.Holder.Length);
        return tags;
    }

    /// <returns>Null where somebody has edited the tags.</returns>
    internal static Lease? ReadLease(string migrationId, IReadOnlyDictionary<string, string> tags) =>
        Guid.TryParse(tags.GetValueOrDefault(LeaseToken), out var token) && TimeIn(tags, LeaseSince) is { } since && TimeIn(tags, LeaseUntil) is { } until
            ? new Lease(
                migrationId,
                token,
                string.Concat(Enumerable.Range(0, tags.Count).Select(number => tags.GetValueOrDefault(LeaseHolder + number.ToString(CultureInfo.InvariantCulture)))),
                tags.GetValueOrDefault(LeaseProcess) ?? "",
                since,
                until)
            : null;

    private static DateTimeOffset? TimeIn(IReadOnlyDictionary<string, string> tags, string key) =>
        DateTimeOffset.TryParse(tags.GetValueOrDefault(key), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) ? time : null;
}
