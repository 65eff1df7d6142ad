using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// What we write on a VM: options of its configuration (extraConfig), all of them under <c>vmmigrate.</c>. An option is removed by giving it an
/// empty value; of an option that is there several times the last one counts.
/// </summary>
internal static class ExtraConfig
{
    internal const string Ours = "vmmigrate.";

    private const string Migration = Ours + "migration";
    private const string Role = Ours + "role";
    private const string Note = Ours + "note.";

    /// <summary>Digest of the request that a copy was defined by.</summary>
    internal const string Definition = Ours + "definition";

    internal static ImmutableSortedDictionary<string, string> Read(XElement? options)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var option in options?.Elements() ?? [])
        {
            if (option.Text("key") is not { } key)
            {
                continue;
            }

            if (option.Text("value") is { Length: > 0 } value)
            {
                found[key] = value;
            }
            else
            {
                found.Remove(key);
            }
        }

        return found.ToImmutable();
    }

    internal static Stamp? StampOf(ImmutableSortedDictionary<string, string> options)
    {
        if (!options.TryGetValue(Migration, out var migration))
        {
            return null;
        }

        var role = options.GetValueOrDefault(Role) switch
        {
            "target" => StampRole.Target,
            "test" => StampRole.Test,
            _ => StampRole.Source,
        };
        var notes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in options.Where(option => option.Key.StartsWith(Note, StringComparison.Ordinal)))
        {
            notes[Decode(key[Note.Length..])] = Decode(value);
        }

        return new Stamp(migration, role, notes.ToImmutable());
    }

    /// <summary>The options that turn what is written into this stamp; none where it is there already.</summary>
    internal static ImmutableSortedDictionary<string, string> ChangesTo(Stamp? stamp, ImmutableSortedDictionary<string, string> now)
    {
        var wanted = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (stamp is not null)
        {
            wanted[Migration] = stamp.MigrationId;
            wanted[Role] = stamp.Role switch
            {
                StampRole.Target => "target",
                StampRole.Test => "test",
                _ => "source",
            };
            foreach (var (name, text) in stamp.Notes)
            {
                wanted[Note + Encode(name)] = Encode(text);
            }
        }

        var changes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in wanted.Where(option => now.GetValueOrDefault(option.Key) != option.Value))
        {
            changes[key] = value;
        }

        foreach (var key in now.Keys.Where(key => (key is Migration or Role || key.StartsWith(Note, StringComparison.Ordinal)) && !wanted.ContainsKey(key)))
        {
            changes[key] = "";
        }

        return changes.ToImmutable();
    }

    internal static IEnumerable<XElement> Options(IEnumerable<KeyValuePair<string, string>> changes) =>
        changes.Select(change => VimXml.Option(change.Key, change.Value));

    /// <summary>A .vmx file is lines of <c>key = "value"</c>: what could end a line, a value or be trimmed is written as its bytes in hex.</summary>
    internal static string Encode(string text)
    {
        // An empty value would remove the option.
        if (text.Length == 0)
        {
            return "%";
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var one = (char)bytes[i];
            var plain = one is > ' ' and < (char)0x7f and not ('"' or '%' or '\\' or '|' or '#') || (one == ' ' && i > 0 && i < bytes.Length - 1);
            encoded.Append(plain ? one.ToString() : $"%{bytes[i]:x2}");
        }

        return encoded.ToString();
    }

    internal static string Decode(string encoded)
    {
        var bytes = new List<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(encoded, i, 1));
            }
            else if (i + 2 < encoded.Length && byte.TryParse(encoded.AsSpan(i + 1, 2), System.Globalization.NumberStyles.HexNumber, null, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
