using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Steps;

namespace VmMigrate.Engine.Driving;

/// <summary>How a run ended.</summary>
/// <param name="Done">Steps that were done, in order.</param>
/// <param name="Failed">The step that failed or was stopped; null when all were done.</param>
/// <param name="Why">What failed, in the platform's own words where it said something.</param>
/// <param name="TakenBack">What was undone after the failure, and what could not be.</param>
public sealed record RunOutcome(ImmutableArray<StepRecord> Done, Step? Failed, string? Why, ImmutableArray<string> TakenBack)
{
    public bool Cancelled { get; init; }

    /// <summary>An undo failed: the VM may be down and needs somebody's hand.</summary>
    public bool UndoFailed { get; init; }

    /// <summary>Another run drives the migration now: this one stopped where it was and took nothing back.</summary>
    public bool TakenOver { get; init; }
}

/// <summary>Runs a plan: each step ensures its result; a failure takes back what was done since the last point of no return.</summary>
public static class GoalSeeker
{
    private static readonly ImmutableArray<TimeSpan> RetryWaits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];

    /// <exception cref="Exception">Only for our own bugs: a platform's failures and cancellation come back in the outcome.</exception>
    public static async Task<RunOutcome> RunAsync(Plan plan, Run run, CancellationToken cancellation)
    {
        try
        {
            return await StepsAsync(plan, run, cancellation);
        }
        finally
        {
            run.ForgetTrees();
        }
    }

    private static async Task<RunOutcome> StepsAsync(Plan plan, Run run, CancellationToken cancellation)
    {
        var done = ImmutableArray.CreateBuilder<StepRecord>();
        var sinceNoReturn = new Stack<Step>();
        for (var i = 0; i < plan.Steps.Length; i++)
        {
            var step = plan.Steps[i];
            var startedAt = run.Time.GetUtcNow();
            var started = run.Time.GetTimestamp();
            run.Events.Status(step.Name, $"{step.Name} ({i + 1} of {plan.Steps.Length})");
            try
            {
                cancellation.ThrowIfCancellationRequested();
                sinceNoReturn.Push(step);

                // Carries the step's name to traces, and to whoever injects faults.
                using var activity = new Activity(step.Name).Start();
                var before = run.Transferred;
                var detail = await TryAsync(step, run, cancellation);
                done.Add(new StepRecord(step.Name, detail, startedAt, run.Time.GetElapsedTime(started), run.Transferred - before));
                run.Done.Add((done[^1], step.TimedAs));
                if (step.IsPointOfNoReturn)
                {
                    sinceNoReturn.Clear();
                }
            }
            catch (Exception e) when (run.Lease?.WhyLost is not null && (e is LeaseLostException || IsExpected(e)))
            {
                return new RunOutcome(done.ToImmutable(), step, run.Lease.WhyLost, []) { TakenOver = true };
            }
            catch (Exception e) when (!IsExpected(e))
            {
                // A bug of ours must not leave the VM down either; then it is told as what it is.
                _ = await TakeBackAsync(sinceNoReturn, run);
                throw;
            }
            catch (Exception e)
            {
                var (takenBack, undoFailed, bug) = await TakeBackAsync(sinceNoReturn, run);
                bug?.Throw();
                return new RunOutcome(done.ToImmutable(), step, Say(e), takenBack)
                {
                    Cancelled = e is OperationCanceledException,
                    UndoFailed = undoFailed,
                    TakenOver = run.Lease?.WhyLost is not null,
                };
            }
        }

        return new RunOutcome(done.ToImmutable(), null, null, []);
    }

    /// <summary>Steps ensure, so one that met a passing fault is simply done again.</summary>
    private static async Task<string> TryAsync(Step step, Run run, CancellationToken cancellation)
    {
        for (var retry = 0; ; retry++)
        {
            try
            {
                return await step.DoAsync(run, cancellation);
            }
            catch (PlatformException e) when (retry < RetryWaits.Length && e.Kind is PlatformErrorKind.Lost or PlatformErrorKind.Unreachable)
            {
                run.Events.Status(step.Name, $"{step.Name}: {Say(e)}; trying again in {RetryWaits[retry].TotalSeconds:0} s");
                await Task.Delay(RetryWaits[retry], run.Time, cancellation);
            }
        }
    }

    private static async Task UndoAsync(Step step, Run run, CancellationToken cancellation)
    {
        for (var retry = 0; ; retry++)
        {
            try
            {
                await step.UndoAsync(run, cancellation);
                return;
            }
            catch (PlatformException e) when (retry < RetryWaits.Length && e.Kind is PlatformErrorKind.Lost or PlatformErrorKind.Unreachable)
            {
                await Task.Delay(RetryWaits[retry], run.Time, cancellation);
            }
        }
    }

    /// <remarks>The VM must run again, so neither the run's cancellation nor a bug of ours in one undo cuts the others short; each has a time limit of its own.</remarks>
    private static async Task<(ImmutableArray<string> TakenBack, bool Failed, ExceptionDispatchInfo? Bug)> TakeBackAsync(Stack<Step> steps, Run run)
    {
        var said = ImmutableArray.CreateBuilder<string>();
        var failed = false;
        ExceptionDispatchInfo? bug = null;
        foreach (var step in steps)
        {
            using var limit = new CancellationTokenSource(step.UndoLimit(run), run.Time);
            try
            {
                await UndoAsync(step, run, limit.Token);
            }
            catch (LeaseLostException e)
            {
                // What is left is the other run's to settle.
                said.Add(Say(e));
                break;
            }
            catch (Exception e)
            {
                failed = true;
                bug ??= IsExpected(e) ? null : ExceptionDispatchInfo.Capture(e);
                said.Add($"Taking back \"{step.Name}\" failed: {(e is OperationCanceledException ? "it was not done in time" : Say(e))}");
                run.Events.Say(Severity.Error, said[^1]);

                // What is left to take back must not run on ground that was not cleared: a source must not start while the copy may run.
                if (step is ProveGuest or StartTarget or StopCopy or StartSource or MoveLive or RestoreCopy)
                {
                    break;
                }
            }
        }

        return (said.ToImmutable(), failed, bug);
    }

    private static bool IsExpected(Exception e) => e is PlatformException or BlockException or OperationCanceledException or IOException;

    private static string Say(Exception e) => e is OperationCanceledException ? "it was cancelled" : e.Message.TrimEnd('.');
}
