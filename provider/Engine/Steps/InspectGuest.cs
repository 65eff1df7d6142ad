using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Guests;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Steps;

/// <summary>Looks into the copied disks for what decides whether the guest starts at the target (drivers, fstab, kernel command line, network, console), and judges it by preview's own checks.</summary>
/// <remarks>In mode Warm while the VM still runs, on what the last round has copied; else on the finished copy. It only reads, so there is nothing to take back.</remarks>
internal sealed class InspectGuest : Step
{
    /// <summary>Without KVM, libguestfs boots for a minute; a slow link adds to it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public override string Name => "inspect guest";

    public override MigrationPhase Phase => MigrationPhase.Replicating;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(GuestInspector.IsInstalled ? 30 : 0);

    public override string Describe(Run run) => GuestInspector.IsInstalled
        ? $"looks into the copied disks with {GuestInspector.Program} for drivers, fstab, kernel command line, network and console, and stops where the guest would not start at {run.To.Name}"
        : $"cannot look into the copied disks, since {GuestInspector.Program} is not installed here{(run.Spec.InspectGuest == GuestInspection.Required ? ", and stops" : "")}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var look = await LookAsync(run, cancellation);
        if (look.Facts is not { } facts)
        {
            return run.Spec.InspectGuest == GuestInspection.Required
                ? throw new PlatformException(
                    PlatformErrorKind.Unsupported, run.To.Name,
                    $"The guest of {run.Name} could not be inspected, as verify.inspectGuest demands: {look.Why}. Declare WhenPossible, and say by facts what you know of the guest")
                : $"not inspected: {look.Why}";
        }

        var findings = run.JudgeAgain?.Invoke(facts) ?? [];
        foreach (var warning in findings.Where(finding => finding.Severity == Severity.Warning))
        {
            run.Events.Say(Severity.Warning, $"{warning.Id}: {warning.Message}");
        }

        ImmutableArray<Finding> errors = [.. findings.Where(finding => finding.Severity == Severity.Error)];
        return errors.IsEmpty
            ? $"{facts.Names.Count()} facts seen{(findings.IsEmpty ? ", nothing against a start" : $", {findings.Length} finding{(findings.Length == 1 ? "" : "s")}: {string.Join(", ", findings.Select(finding => finding.Id))}")}"
            : throw new PlatformException(
                PlatformErrorKind.Refused, run.To.Name,
                $"The guest of {run.Name} is not ready for {run.To.Name}: {string.Join(" ", errors.Select(finding => $"{finding.Id}: {finding.Message}"))} Put it right in the guest, or waive what may be waived, and run again; what was copied is kept");
    }

    private static async Task<GuestLook> LookAsync(Run run, CancellationToken cancellation)
    {
        var open = new List<IAsyncDisposable>();
        try
        {
            var readers = new List<BlockReader>();
            foreach (var disk in run.Vm.Disks)
            {
                var access = await run.To.OpenDiskAsync(run.Disks[disk.Name], cancellation);
                open.Add(access);
                readers.Add(access.OpenReader());
                open.Add(readers[^1]);
            }

            return await GuestInspector.LookAsync(readers, Limit, cancellation);
        }
        finally
        {
            open.Reverse();
            foreach (var one in open)
            {
                await one.DisposeAsync();
            }
        }
    }
}
