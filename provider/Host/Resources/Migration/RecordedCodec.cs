using System.Collections.Immutable;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Migration;

/// <summary>What a run left, and how reality differs from it, in the engine's state.</summary>
internal static class RecordedCodec
{
    internal static Value Write(RecordedVm? recorded) => recorded is null ? Value.Null : Value.Map(
        ("site", Value.Text(recorded.Site)),
        ("declared", Value.Text(recorded.Declared)),
        ("accepted", recorded.Accepted is { } accepted ? Value.Text(accepted) : Value.Null),
        ("running", Value.Bool(recorded.Running)),
        ("cpus", recorded.Cpus is { } cpus ? Value.Number(cpus) : Value.Null),
        ("memoryBytes", recorded.MemoryBytes is { } memory ? Value.Number(memory) : Value.Null),
        ("nics", Value.Map([.. recorded.Nics.Select(nic => (nic.Key, (Value)Value.Text(nic.Value)))])),
        ("disks", Value.Map([.. recorded.Disks.Select(disk => (disk.Key, (Value)Value.Number(disk.Value)))])));

    /// <summary>Null where there is none, as in the state of a VM that has not moved.</summary>
    internal static RecordedVm? Read(Value recorded) =>
        recorded["site"].AsText is { } site && recorded["declared"].AsText is { } declared
            ? new RecordedVm(
                site, declared, recorded["running"].AsBool ?? true, (int?)recorded["cpus"].AsNumber, (long?)recorded["memoryBytes"].AsNumber,
                Entries(recorded["nics"]).ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value.AsText ?? "", StringComparer.Ordinal),
                Entries(recorded["disks"]).ToImmutableSortedDictionary(entry => entry.Key, entry => (long)(entry.Value.AsNumber ?? 0), StringComparer.Ordinal))
            {
                Accepted = recorded["accepted"].AsText,
            }
            : null;

    internal static Value Write(IEnumerable<DriftItem> drift, DriftResponse response) => Value.List(drift.Select(item => Value.Map(
        ("kind", Value.Text(item.Kind.ToString())),
        ("what", Value.Text(item.What)),
        ("next", Value.Text(Drift.Next(item, response))),
        ("returns", Value.Bool(item.Returns)),
        ("adopts", Value.Bool(item.Adopts)))));

    /// <summary>Whether an update would do something about what a refresh has found.</summary>
    internal static bool Acts(Value drift, DriftResponse response) =>
        drift.AsList?.Items.Any(item => Drift.Acts(item["returns"].AsBool == true, item["adopts"].AsBool == true, response)) == true;

    private static ImmutableSortedDictionary<string, Value> Entries(Value map) => map.AsMap?.Entries ?? Value.EmptyMap.Entries;
}
