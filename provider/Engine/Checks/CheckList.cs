using System.Collections.Frozen;
using System.Collections.Immutable;
using VmMigrate.Engine.Checks.Agents;
using VmMigrate.Engine.Checks.Application;
using VmMigrate.Engine.Checks.Bandwidth;
using VmMigrate.Engine.Checks.Capacity;
using VmMigrate.Engine.Checks.Cpu;
using VmMigrate.Engine.Checks.Devices;
using VmMigrate.Engine.Checks.Encryption;
using VmMigrate.Engine.Checks.Firmware;
using VmMigrate.Engine.Checks.Guest;
using VmMigrate.Engine.Checks.Licensing;
using VmMigrate.Engine.Checks.Memory;
using VmMigrate.Engine.Checks.Naming;
using VmMigrate.Engine.Checks.Network;
using VmMigrate.Engine.Checks.Quotas;
using VmMigrate.Engine.Checks.Request;
using VmMigrate.Engine.Checks.Scheduling;
using VmMigrate.Engine.Checks.Security;
using VmMigrate.Engine.Checks.Snapshots;
using VmMigrate.Engine.Checks.Storage;
using VmMigrate.Engine.Checks.Traffic;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Checks;

/// <summary>Checks about one subject: a page of the docs.</summary>
/// <param name="Letter">As in the catalogue.</param>
/// <param name="Key">Name of the docs page.</param>
public sealed record CheckGroup(string Letter, string Key, string Title, ImmutableArray<Check> Checks);

/// <summary>Every check of preflight, in the order in which findings of the same severity are shown.</summary>
public static class CheckList
{
    /// <summary>One line for each group.</summary>
    public static ImmutableArray<CheckGroup> Groups { get; } =
    [
        new("A", "plan", "Plan, access and mapping", RequestChecks.All),
        new("B", "capacity", "Capacity", CapacityChecks.All),
        new("C", "cpu", "CPU", CpuChecks.All),
        new("D", "memory", "Memory", MemoryChecks.All),
        new("E", "firmware", "Firmware and boot", FirmwareChecks.All),
        new("F", "disk", "Disks and storage", StorageChecks.All),
        new("G", "net", "Network and identity", NetworkChecks.All),
        new("H", "os", "Guest OS and drivers", GuestChecks.All),
        new("I", "tools", "Agents and tools", AgentsChecks.All),
        new("J", "snapshot", "Snapshots, change tracking, backup", SnapshotsChecks.All),
        new("K", "sched", "HA, affinity, scheduling", SchedulingChecks.All),
        new("L", "dev", "Passthrough and special devices", DevicesChecks.All),
        new("M", "crypt", "Encryption, TPM, keys", EncryptionChecks.All),
        new("N", "lic", "Licensing and compliance", LicensingChecks.All),
        new("O", "sec", "Security", SecurityChecks.All),
        new("P", "app", "Application consistency", ApplicationChecks.All),
        new("Q", "bw", "Bandwidth and time", BandwidthChecks.All),
        new("R", "quota", "Target limits and quotas", QuotasChecks.All),
        new("S", "name", "Naming and collision", NamingChecks.All),
        new("T", "dns", "DNS, load balancers, certificates", TrafficChecks.All),
    ];

    public static ImmutableArray<Check> All { get; } = [.. Groups.SelectMany(group => group.Checks)];

    private static readonly FrozenDictionary<string, Check> ById =
        All.SelectMany(check => check.Aliases.Add(check.Id).Select(id => (id, check))).ToFrozenDictionary(pair => pair.id, pair => pair.check, StringComparer.Ordinal);

    /// <summary>The check with this id or alias; null where there is none.</summary>
    public static Check? Find(string id) => ById.GetValueOrDefault(id);

    /// <summary>All findings of all checks, worst first and the most certain first among them; and what could not be judged.</summary>
    public static Judgement Judge(CheckSubject subject)
    {
        var findings = new List<Finding>();
        var notJudged = ImmutableArray.CreateBuilder<NotJudged>();
        var passed = ImmutableArray.CreateBuilder<string>();
        foreach (var check in All.Where(check => check.Rule.Elsewhere is null && check.AppliesTo(subject) && !SystemChecks.IsLeftOut(check, subject)))
        {
            var look = new Look(subject, check);
            check.Rule.Judge(look);
            findings.AddRange(look.Findings);
            if (look.Missing is { IsEmpty: false } missing)
            {
                notJudged.Add(new NotJudged(check, missing));
            }
            else if (look.Findings.Count == 0)
            {
                passed.Add(check.Id);
            }
        }

        if (Unknown(notJudged, passed.Count) is { } unknown)
        {
            findings.Add(unknown with { Severity = subject.Policy.UnknownFacts, Waivable = true, Fix = ById["facts.unknown"].Fix });
        }

        return new Judgement(
            [.. findings.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Waivable)], notJudged.ToImmutable(), passed.ToImmutable());
    }

    /// <summary>One finding for all that could not be judged: an unknown fact is not a pass.</summary>
    private static Finding? Unknown(ImmutableArray<NotJudged>.Builder notJudged, int passed)
    {
        if (notJudged.Count == 0)
        {
            return null;
        }

        var reasons = notJudged.SelectMany(one => one.Missing.Select(missing => (missing.Why, one.Check)))
            .GroupBy(pair => pair.Why, pair => pair.Check, StringComparer.Ordinal)
            .OrderByDescending(reason => reason.Count()).ThenBy(reason => reason.Key, StringComparer.Ordinal)
            .Select(reason => $"{reason.Key}: {string.Join(", ", reason.Distinct().Where(check => check.Core).Select(check => check.Id))}"
                + (reason.Distinct().Count(check => !check.Core) is > 0 and var others ? $" and {others} lesser ones" : ""));
        return Finding.Note(
            "facts.unknown", PropertyPath.Of("facts"),
            $"{notJudged.Count} checks could not be judged, which is not a pass ({passed} passed). {string.Join("; ", reasons)}. "
            + "Declare the facts under facts, or see docs/checks for what each of them needs.");
    }
}
