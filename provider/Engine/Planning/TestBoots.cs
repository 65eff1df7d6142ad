using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Planning;

/// <summary>Goal Tested: what goal Replicated takes, then a clone of the copied disks is booted, seen alive and removed. And what a killed test has left.</summary>
internal static class TestBoots
{
    /// <param name="replicate">What goal Replicated takes now.</param>
    internal static Plan After(Run run, Plan replicate) => replicate.Kind switch
    {
        // The VM comes home first; the test is planned from there, in the same run.
        PlanKind.RollBack => replicate with { ThenLookAgain = true },

        // The replica stands as it was tested.
        PlanKind.Nothing or PlanKind.Resume when TestedNote.IsUpToDate(run.Seen.Home?.Stamp) => replicate,
        _ => new Plan(PlanKind.Replicate, [.. replicate.Steps, new BootTest(), new ProveTest(), new RemoveTest()]),
    };

    /// <summary>A clone that a killed run has left goes before anything else: it may hold the disks open.</summary>
    internal static Plan WithoutLeftovers(Run run, Plan plan) => run.Seen.Clones.IsEmpty
        ? plan
        : plan with { Kind = plan.Kind is PlanKind.Nothing or PlanKind.Validate ? PlanKind.CleanUp : plan.Kind, Steps = [new RemoveTest(), .. plan.Steps] };

    /// <summary>A test leaves the source alone: where its platform shows a running VM's disks at one moment, it is not stopped for a first copy, whatever the mode.</summary>
    internal static bool CopiesWhileItRuns(Run run) => run.Spec.Goal == MigrationGoal.Tested && run.From.Capabilities.ChangedBlockTracking;

    /// <summary>Why the declared test cannot be made.</summary>
    internal static IEnumerable<Checks.Finding> Blockers(Run run)
    {
        if (run.Spec.Goal != MigrationGoal.Tested)
        {
            yield break;
        }

        if (run.To.Capabilities.WhyNoTestBoot is { } why)
        {
            yield return Checks.Finding.Error(
                "request.goal.test-boot", PropertyPath.Of("goal"), $"Site \"{run.To.Name}\" ({run.To.Platform}) cannot test-boot: {why}. Set goal to Replicated or CutOver.");
        }

        if (run.Vm.Firmware.Or(FirmwareKind.Bios) == FirmwareKind.Uefi)
        {
            yield return Checks.Finding.Note(
                "request.goal.test-boot", PropertyPath.Of("goal"),
                $"{run.Name} boots by UEFI. Its variables go along only at the cutover, so the test clone starts with new ones: without a fallback boot loader (\\EFI\\BOOT\\BOOTX64.EFI) the guest does not boot in the test.");
        }

        var gates = ProveTest.Gates(run.Spec);
        if (gates.IsEmpty)
        {
            yield return Checks.Finding.Error(
                "request.goal.test-gates", PropertyPath.Of("verify.probes"),
                $"A test clone is linked to no network, so only gates by the guest agent or the console can be tried, and none of the {run.Spec.Probes.Length} declared is one. Add guestAgent or console.");
        }
        else if (gates.Length < run.Spec.Probes.Length)
        {
            yield return Checks.Finding.Note(
                "request.goal.test-gates", PropertyPath.Of("verify.probes"),
                $"{run.Spec.Probes.Length - gates.Length} of {run.Spec.Probes.Length} gates go over the network and are left out of the test, since its clone is linked to none: {ProveTest.LeftOut(run.Spec)}. They are tried at the cutover.");
        }
    }
}
