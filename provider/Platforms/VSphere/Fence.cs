using System.Collections.Immutable;
using System.Xml.Linq;
using VmMigrate.Platforms.VSphere.Vim;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere;

/// <summary>
/// The record of a fence, kept in the VM's extraConfig: whose it is, and what the VM was before (docs/platforms/vsphere.md). On a vCenter the fenced VM
/// is a template, which vSphere refuses to start; a bare host has no templates, so there it is renamed and its cards are left unplugged at a start.
/// </summary>
internal sealed record Fence
{
    private const string Record = ExtraConfig.Ours + "fence";

    private static readonly string[] Parts = ["", ".name", ".kind", ".pool", ".host", ".autostart", ".nics"];

    internal required string MigrationId { get; init; }

    /// <summary>The VM's name before, as people write it.</summary>
    internal required string Name { get; init; }

    /// <summary>True: a template. False: renamed, with its cards unplugged.</summary>
    internal required bool AsTemplate { get; init; }

    internal required MoRef? Pool { get; init; }

    internal required MoRef? Host { get; init; }

    /// <summary>The host's rule for starting the VM; null where it had none.</summary>
    internal required string? AutostartRule { get; init; }

    /// <summary>Keys of the cards that were plugged in at a start.</summary>
    internal required ImmutableArray<string> Nics { get; init; }

    internal bool Autostart => AutostartRule is not null;

    /// <summary>The name while the fence stands: vSphere takes up to 80 letters.</summary>
    internal string FencedName
    {
        get
        {
            var suffix = $" (fenced by {MigrationId})";
            return (Name.Length + suffix.Length <= 80 ? Name : Name[..(80 - suffix.Length)]) + suffix;
        }
    }

    /// <summary>True for the name of a VM that a fence of this migration has renamed, whether or not its record is still there.</summary>
    internal static bool IsNameOf(string name, string migrationId) => name.EndsWith($" (fenced by {migrationId})", StringComparison.Ordinal);

    internal static Fence? Of(ImmutableSortedDictionary<string, string> options) =>
        options.TryGetValue(Record, out var migration)
            ? new Fence
            {
                MigrationId = migration,
                Name = ExtraConfig.Decode(options.GetValueOrDefault(Record + ".name", "")),
                AsTemplate = options.GetValueOrDefault(Record + ".kind") == "template",
                Pool = Reference(options.GetValueOrDefault(Record + ".pool")),
                Host = Reference(options.GetValueOrDefault(Record + ".host")),
                AutostartRule = options.TryGetValue(Record + ".autostart", out var rule) ? ExtraConfig.Decode(rule) : null,
                Nics = options.GetValueOrDefault(Record + ".nics") is { } keys ? [.. keys.Split(',')] : [],
            }
            : null;

    internal IEnumerable<XElement> Write()
    {
        yield return Option(Record, MigrationId);
        yield return Option(Record + ".name", ExtraConfig.Encode(Name));
        yield return Option(Record + ".kind", AsTemplate ? "template" : "renamed");
        yield return Option(Record + ".pool", Pool is { } pool ? pool.ToString() : "");
        yield return Option(Record + ".host", Host is { } host ? host.ToString() : "");
        yield return Option(Record + ".autostart", AutostartRule is { } rule ? ExtraConfig.Encode(rule) : "");
        yield return Option(Record + ".nics", string.Join(',', Nics));
    }

    internal static IEnumerable<XElement> Erase() =>
        Parts.Select(part => Option(Record + part, ""));

    private static MoRef? Reference(string? text) => text?.Split(':', 2) is [var type, var value] ? new MoRef(type, value) : null;
}
