using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Estimates;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Reports;

/// <summary>Whether a VM can move, in one word.</summary>
public enum Verdict
{
    /// <summary>Nothing stands against it.</summary>
    Ready,

    /// <summary>It can move, and somebody should look at the warnings first.</summary>
    NeedsAttention,

    /// <summary>It cannot move before something is put right.</summary>
    Blocked,
}

/// <summary>What a preview of one or many VMs found: the same whatever it is written as.</summary>
/// <param name="Version">Of this program.</param>
public sealed record PreflightReport(string Version, DateTimeOffset At, ImmutableArray<VmReport> Vms)
{
    public bool IsBlocked => Vms.Any(vm => vm.Verdict == Verdict.Blocked);

    public int Count(Verdict verdict) => Vms.Count(vm => vm.Verdict == verdict);

    public int Count(Severity severity) => Vms.Sum(vm => vm.Findings.Count(finding => finding.Severity == severity));

    /// <summary>All moves one after another: what the whole takes at most, apart from the ranges.</summary>
    public TimeSpan InTurn => Vms.Aggregate(TimeSpan.Zero, (sum, vm) => sum + (vm.Estimate?.Duration ?? TimeSpan.Zero));

    public long Bytes => Vms.Sum(vm => vm.Estimate?.Bytes ?? 0);

    /// <summary>The longest that any of the VMs is down.</summary>
    public TimeSpan LongestDowntime => Vms.Select(vm => vm.Estimate?.Downtime ?? TimeSpan.Zero).DefaultIfEmpty().Max();
}

/// <summary>What the preview of one VM found.</summary>
public sealed record VmReport
{
    public required string Vm { get; init; }

    /// <summary>Its id at its site; null where the VM was not found.</summary>
    public string? VmId { get; init; }

    public required string From { get; init; }

    public string? FromHost { get; init; }

    public required string To { get; init; }

    public string? ToHost { get; init; }

    public string? Pool { get; init; }

    public required MigrationMode Mode { get; init; }

    public required MigrationGoal Goal { get; init; }

    /// <summary>The stamp of the migration that this would be.</summary>
    public required string MigrationId { get; init; }

    /// <summary>One line: mode, from where to where, bytes, time, downtime, number of warnings.</summary>
    public required string Summary { get; init; }

    /// <summary>Null where the platforms could not be read far enough.</summary>
    public PlanKind? Kind { get; init; }

    /// <summary>Worst first.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    public Estimate? Estimate { get; init; }

    public Verdict Verdict => Findings.Any(finding => finding.Severity == Severity.Error) ? Verdict.Blocked
        : Findings.Any(finding => finding.Severity == Severity.Warning) ? Verdict.NeedsAttention
        : Verdict.Ready;

    /// <summary>With every text that comes from a platform or from the config taken through <paramref name="clean"/>.</summary>
    public VmReport Clean(Func<string, string> clean) => this with
    {
        Vm = clean(Vm),
        FromHost = FromHost is null ? null : clean(FromHost),
        ToHost = ToHost is null ? null : clean(ToHost),
        Summary = clean(Summary),
        Findings = [.. Findings.Select(finding => finding with { Message = clean(finding.Message), Subject = finding.Subject is null ? null : clean(finding.Subject) })],
        Estimate = Estimate is null ? null : Estimate with { Steps = [.. Estimate.Steps.Select(step => step with { Detail = clean(step.Detail) })] },
    };

    /// <param name="summary">The headline that the front ends show.</param>
    public static VmReport Of(MigrationSpec spec, Preflight preflight, string summary)
    {
        var run = preflight.Run;
        return new VmReport
        {
            Vm = run?.Name ?? spec.Vm.Label,
            VmId = run?.Vm.Id,
            From = run?.From.Name ?? spec.Vm.Site,
            FromHost = run is not null && run.Vm.Host.TryGet(out var host) ? host : null,
            To = spec.Target.Site,
            ToHost = run?.Placement?.Host,
            Pool = run?.Placement?.Pool,
            Mode = spec.Mode,
            Goal = spec.Goal,
            MigrationId = Driving.MigrationId.Stamp(spec.Vm),
            Summary = summary,
            Kind = preflight.Plan?.Kind,
            Findings = [.. preflight.Findings.OrderByDescending(finding => finding.Severity)],
            Estimate = preflight.Plan is null ? null : preflight.Estimate,
        };
    }
}
