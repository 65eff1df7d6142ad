using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Steps;

namespace VmMigrate.Engine.Planning;

/// <summary>From what is there and what is wished to the steps between. Pure.</summary>
/// <remarks>
/// <code>
///                     VM lives at home                          VM lives in a copy (accepted, home fenced)
///   Validated         clean up what earlier runs left           roll back, remove the copy
///   Replicated        copy (down while it is read), restart     roll back, keep the disks
///   Tested            as Replicated, then boot a clone           as Replicated, then boot a clone
///   CutOver           move                                      at the target: nothing (start it if somebody stopped it)
///                                                               elsewhere: move on, remove the copy there
///   Committed         move, then commit                         commit
/// </code>
/// </remarks>
public static class Planner
{
    public static Plan Plan(Run run)
    {
        var seen = run.Seen;
        return TestBoots.WithoutLeftovers(run, Relocations.Concern(run)
            ? Relocations.Plan(run)
            : RecoveryPoints.WithoutOldReturn(run, Lost(run) ?? Crashed(run) ?? (seen.Current is { } current ? FromCopy(run, current) : FromHome(run))));
    }

    /// <summary>Somebody deleted the copy in which the VM lived. Its disks, where they are left, hold what it wrote: they are not copied over.</summary>
    private static Plan? Lost(Run run) => run.Seen.LostTo is null || run.Spec.Goal < MigrationGoal.CutOver
        ? null
        : run.Spec.OnDrift != DriftResponse.Return
        ? new Plan(PlanKind.Nothing, [])
        : !run.Seen.DisksAreLeft
        ? null
        : run.Seen.Copies.IsEmpty
        ? new Plan(PlanKind.Move, [new DefineAgain(), .. Strays(run), .. run.Spec.Goal == MigrationGoal.Committed && run.To.Name == run.Spec.Target.Site ? new Step[] { new RetireSource(), new ReleaseCopy() } : []])
        {
            ThenLookAgain = run.To.Name != run.Spec.Target.Site,
        }

        // Once it is there again, the copy that it had moved on from goes as any other that is stale.
        : new Plan(PlanKind.Move, [new DefineAgain()]) { ThenLookAgain = true };

    /// <summary>Copying a VM that is down would keep it down for as long: it runs first, and then the run looks again.</summary>
    private static Plan? Crashed(Run run) => !run.WasRunning || !StartCrashed.IsDue(run.Seen) || CameLive(run.Seen)
        ? null
        : run.Seen.Current is not { } current
        ? run.Spec.Goal > MigrationGoal.Validated ? new Plan(PlanKind.Resume, [new StartCrashed()]) { ThenLookAgain = true } : null
        : run.Spec.Goal >= MigrationGoal.CutOver && current.Site != run.To ? new Plan(PlanKind.Resume, [new ResumeCopy()]) { ThenLookAgain = true } : null;

    /// <summary>The declaration is taken away before commit: as it was, with nothing of ours anywhere.</summary>
    public static Plan PlanRemoval(Run run) => TestBoots.WithoutLeftovers(run, Relocations.HasBegun(run)
        ? Relocations.Back()
        : run.Seen.Current is { } current
        ? new Plan(PlanKind.RollBack, RollBack(run, current, keepDisks: false))
        : run.Seen.HasTraces ? new Plan(PlanKind.CleanUp, CleanUp(run)) : new Plan(PlanKind.Nothing, []));

    private static Plan FromHome(Run run)
    {
        if (CameLive(run.Seen))
        {
            // The VM is at the target with its memory and what it has written since; only the proof is missing.
            return run.Spec.Goal >= MigrationGoal.CutOver && WentTo(run.Seen, run.To)
                ? new Plan(PlanKind.Move, [.. Live(), .. run.Spec.Goal == MigrationGoal.Committed ? new Step[] { new RetireSource(), new ReleaseCopy() } : []])
                : run.Spec.Goal == MigrationGoal.Validated
                    ? new Plan(PlanKind.RollBack, [new TakeLiveBack(), new RemoveCopy(), new ReleaseSource()])
                    : new Plan(PlanKind.RollBack, [new TakeLiveBack()]) { ThenLookAgain = true };
        }

        switch (run.Spec.Goal)
        {
            case MigrationGoal.Validated:
                return run.Seen.HasTraces ? new Plan(PlanKind.CleanUp, CleanUp(run)) : new Plan(PlanKind.Validate, []);
            case MigrationGoal.Replicated:
                return Replicate(run);
            case MigrationGoal.Tested:
                return TestBoots.After(run, Replicate(run));
            case MigrationGoal.CutOver:
                return new Plan(PlanKind.Move, Move(run));
            default:
                return new Plan(PlanKind.Move, [.. Move(run), new RetireSource(), new ReleaseCopy()]);
        }
    }

    private static Plan Replicate(Run run) => RecoveryPoints.After(run, Replica(run));

    private static Plan Replica(Run run) => Warm(run) || (TestBoots.CopiesWhileItRuns(run) && Running(run) && !Replicated(run))
            ? new Plan(PlanKind.Replicate, [
                .. run.Seen.Copies.IsEmpty ? [] : new Step[] { new DropStrayCopies() },
                .. Strays(run), new StampSource(), new CreateDisks(), new ReplicateRounds()])
            : Replicated(run)
            ? Strays(run) is { Length: > 0 } strays ? new Plan(PlanKind.Resume, [.. strays]) : new Plan(PlanKind.Nothing, [])

            // A way back that was stopped after its last start: what is left of it is to keep the disks.
            : run.Seen.Copies is [{ AcceptedAt: not null } back] && back.Site == run.To && run.Seen.HomeFence == FenceState.None && !(run.WasRunning && run.Vm.Power == PowerState.Off)
            ? new Plan(PlanKind.RollBack, [.. Strays(run), new UndefineCopy()])
            : new Plan(PlanKind.Replicate, [
                .. run.Seen.Copies.IsEmpty ? [] : new Step[] { new DropStrayCopies() },
                .. Strays(run),
                .. run.Seen.HomeFence == FenceState.None ? [] : new Step[] { new LiftFence() },
                new StampSource(), new CreateDisks(), .. WaitForWindow.For(run), StopSource.For(run), new CopyDisks(), new RestartSource()]);

    private static Plan FromCopy(Run run, Copy current)
    {
        if (run.Spec.Goal < MigrationGoal.CutOver)
        {
            var back = new Plan(PlanKind.RollBack, RollBack(run, current, keepDisks: run.Spec.Goal >= MigrationGoal.Replicated));
            back = run.Spec.Goal >= MigrationGoal.Replicated && !back.Steps.IsEmpty ? RecoveryPoints.After(run, back) : back;
            return run.Spec.Goal == MigrationGoal.Tested ? TestBoots.After(run, back) : back;
        }

        var commit = run.Spec.Goal == MigrationGoal.Committed;
        if (CameLive(run.Seen))
        {
            // As from home: what it has written where it runs now counts, so the proof is finished there, or it comes back with all of that.
            return WentTo(run.Seen, run.To)
                ? new Plan(PlanKind.Move, [.. Live(), new RemoveOldCopy(), .. commit ? new Step[] { new RetireSource(), new ReleaseCopy() } : []])
                : new Plan(
                    current.Site == run.To ? PlanKind.Resume : PlanKind.RollBack,
                    [new TakeLiveBack(), new RemoveStaleCopies(), .. Strays(run)])
                { ThenLookAgain = true };
        }

        if (current.Site != run.To)
        {
            ImmutableArray<Step> moveOn =
            [
                // One that was started and never accepted holds writes that do not count, unless it is complete and only waits for its proof.
                .. run.Seen.StrayCopies.Any(copy => copy.Site != run.To || current.Fence != FenceState.Standing || !AllCopied(run)) ? new Step[] { new DropStrayCopies() } : [],
                .. Strays(run),
                new CreateDisks(), .. Change(run), new RemoveOldCopy(),
            ];
            return new Plan(PlanKind.Move, commit ? [.. moveOn, new RetireSource(), new ReleaseCopy()] : moveOn);
        }

        // An unfinished way back, or a stop by hand: the VM has to run again where it lives. A superseded copy elsewhere has to go.
        var steps = ImmutableArray.CreateBuilder<Step>();
        steps.AddRange(StopStrays(run));
        if (run.GoesBackTo is not null)
        {
            steps.AddRange(RecoveryPoints.InPlace());
        }
        else
        {
            steps.AddRange(PutBack.For(run, out var stopped));
            if (stopped || current.Fence != FenceState.None || (run.WasRunning && current.Vm.Power != PowerState.Running))
            {
                steps.Add(new ResumeCopy());
            }
        }

        if (current.Vm.Stamp?[StampNotes.Returning] is not null)
        {
            steps.Add(new ForgetWayBack());
        }

        if (run.Seen.StrayCopies.Any())
        {
            steps.Add(new RemoveStaleCopies());
        }

        steps.AddRange(Strays(run));
        if (commit)
        {
            steps.Add(new RetireSource());
            steps.Add(new ReleaseCopy());
        }

        return new Plan(commit ? PlanKind.Commit : run.GoesBackTo is not null ? PlanKind.RollBack : steps.Count > 0 ? PlanKind.Resume : PlanKind.Nothing, steps.ToImmutable());
    }

    private static ImmutableArray<Step> Move(Run run) =>
    [
        // A copy that was started and never accepted holds writes that do not count, unless it is complete and only waits for its proof.
        .. run.Seen.Copies.Any(copy => copy.Site != run.To || run.GoesBackTo is not null || !CopyIsComplete(run) || !Replatforming.Fits(copy, run.Spec)) ? new Step[] { new DropStrayCopies() } : [],
        .. Strays(run),
        new StampSource(), new CreateDisks(), .. Change(run),
    ];

    /// <summary>How the VM changes sides.</summary>
    private static IEnumerable<Step> Change(Run run) => run.Spec.Mode == MigrationMode.Live && Running(run) && run.GoesBackTo is null
        ? [.. WaitForWindow.For(run), .. Live()]
        :
        [
            .. Warm(run) && run.GoesBackTo is null ? [new ReplicateRounds(), .. Inspection(run)] : Array.Empty<Step>(),
            .. WaitForWindow.For(run), StopSource.For(run), new FenceSource(),
            run.GoesBackTo is not null ? new RestoreCopy() : run.Spec.Mode == MigrationMode.Cold ? new CopyDisks() : new FinalRound(),
            .. Warm(run) && run.GoesBackTo is null ? [] : Inspection(run),
            .. ConvertGuest.Of(run) is null ? Array.Empty<Step>() : [new ConvertGuest()],
            new DefineTarget(),
            .. CopyFirmware.For(run, home: false),
            .. run.WasRunning ? new Step[] { new StartTarget() } : [],
            .. run.WasRunning && run.Spec.Replatform is { Hooks.IsEmpty: false } ? new Step[] { new RunHooks() } : [],
            new ProveGuest(),
        ];

    private static Step[] Inspection(Run run) => run.Spec.InspectGuest == GuestInspection.Off || run.Spec.Replatform is not null ? [] : [new InspectGuest()];

    private static IEnumerable<Step> Live() => [new MoveLive(), new CompareDisks(), new ProveGuest()];

    /// <summary>The disks can be copied while it runs. A VM that is off, or was stopped for a cutover already, is copied as it is.</summary>
    private static bool Warm(Run run) => run.Spec.Mode != MigrationMode.Cold && Running(run);

    private static bool Running(Run run) => run.Vm.Power == PowerState.Running && run.Seen.HomeFence != FenceState.Broken;

    /// <summary>A live move got as far as the switch: the VM is off where it lived, at home or in a copy, or still sends its memory from there, and at the target there is what it wrote since, not accepted yet.</summary>
    /// <remarks>It need not run there any more: a way back that was killed, or somebody's hand, may have stopped it. What it wrote counts all the same.</remarks>
    private static bool CameLive(Observation seen) => seen.Place is { Vm: { Power: PowerState.Off } or { IsSplit: true } } && seen.Copies.Any(IsLiveUnproven);

    private static bool WentTo(Observation seen, Site site) => seen.Copies.Any(copy => copy.Site == site && copy.Vm.Power != PowerState.Off && IsLiveUnproven(copy));

    private static bool IsLiveUnproven(Copy copy) =>
        copy.Vm.Stamp is { } stamp && stamp[StampNotes.Live] is not null && stamp[StampNotes.Accepted] is null;

    private static Step[] StopStrays(Run run) => run.Seen.StrayCopies.Any(copy => copy.Vm.Power != PowerState.Off) ? [new StopStrayCopies()] : [];

    private static Step[] Strays(Run run) => run.Seen.SitesWithStrayDisks(run.To).Any() ? [new RemoveStrayDisks()] : [];

    private static ImmutableArray<Step> RollBack(Run run, Copy current, bool keepDisks)
    {
        if (run.Seen.Home is null)
        {
            // Nothing to go back to: taken care of by whoever asks, before any step runs.
            return [];
        }

        return
        [
            .. CameLive(run.Seen) ? [new TakeLiveBack()] : StopStrays(run),
            .. run.GoesBackTo is null && run.Spec.Rollback == RollbackChanges.BringBack && BringBackRunning.IsPossible(run.Seen) ? new Step[] { new BringBackRunning() } : [],
            new StopCopy(),
            .. run.GoesBackTo is not null ? new Step[] { new RestoreHome() } : run.Spec.Rollback == RollbackChanges.BringBack ? [new BringBack(), .. CopyFirmware.For(run, home: true)] : [],
            new StartSource(),
            .. keepDisks ? [.. Strays(run), .. run.Seen.StrayCopies.Any() ? new Step[] { new RemoveStaleCopies() } : [], new UndefineCopy()] : new Step[] { new RemoveCopy(), new ReleaseSource() },
        ];
    }

    private static ImmutableArray<Step> CleanUp(Run run)
    {
        if (CameLive(run.Seen))
        {
            return [new TakeLiveBack(), new RemoveCopy(), new ReleaseSource()];
        }

        var home = run.Seen.Home;
        var fenced = home is not null && run.Seen.HomeFence != FenceState.None;
        return
        [
            .. StopStrays(run),
            .. home is not null && (fenced || (run.WasRunning && home.Power == PowerState.Off && home.Stamp is not null)) ? new Step[] { new StartSource() } : [],
            .. !run.Seen.Copies.IsEmpty || !run.Seen.PlacedDisks.IsEmpty ? new Step[] { new RemoveCopy() } : [],
            .. home?.Stamp is not null ? new Step[] { new ReleaseSource() } : [],
        ];
    }

    /// <summary>Every disk was copied whole since the source was last fenced, and the fence still stands.</summary>
    private static bool CopyIsComplete(Run run) => run.Seen.HomeFence == FenceState.Standing && AllCopied(run);

    private static bool AllCopied(Run run) =>
        run.Vm.Stamp is { } stamp && stamp[StampNotes.Epoch] is { } epoch
        && run.Vm.Disks.All(disk => CopiedNote.Read(stamp, disk.Name)?.Epoch == epoch);

    private static bool Replicated(Run run) =>
        run.Seen.Home?.Stamp?[StampNotes.Replicated] is not null
        && run.Seen.Copies.IsEmpty
        && run.Vm.Disks.All(disk => run.Seen.PlacedDisks.Any(placed => placed.Site == run.To && placed.Disk.DiskName == disk.Name))
        && run.Seen.HomeFence == FenceState.None
        && !(run.WasRunning && run.Vm.Power == PowerState.Off);
}
