using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Tests.Driving;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>
/// One random life of a declaration: runs with faults, kills and cancels, edits, two runners at once, hands that interfere, time that passes; then peace, in which the last
/// declaration has to come true. After every event the world is held against <see cref="Rules"/>, which know nothing of how the product works.
/// </summary>
internal sealed class History
{
    private static readonly string[] WritingCalls =
    [
        "Ensure*", "EnsureStamp", "EnsureOff", "EnsureFenced", "EnsureUnfenced", "EnsureDisk", "EnsureDefined", "EnsureRunning*", "EnsureUndefined", "EnsureRemoved",
        "EnsureDiskRemoved", "TrySetLease", "OpenDisk", "OpenVmDisk", "WriteBlocks", "Inspect*", "Find*", "Describe",
    ];

    private static int _hostsDied;

    private readonly Random _random;

    /// <summary>For recovery points alone.</summary>
    private readonly Random _moments;
    private readonly Rehearsal _world = new();
    private readonly Rules _rules;
    private readonly List<string> _told = [];
    private Remembered? _remembered;

    /// <summary>Whether a run may restart the VM to put its shape back.</summary>
    private readonly bool _restarts;

    private History(int seed)
    {
        _random = new Random(seed);
        _moments = new Random(seed);
        _restarts = seed % 2 == 0;
        _rules = new Rules(_world);
    }

    /// <summary>How many hosts have died under a VM that was being copied, in all histories so far.</summary>
    internal static int HostsDied => _hostsDied;

    /// <exception cref="RuleBrokenException">A rule was broken; the message tells the whole history.</exception>
    internal static async Task RunAsync(int seed)
    {
        var history = new History(seed);
        try
        {
            await history.RunAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new RuleBrokenException($"Seed {seed}: {e.Message}\n  {string.Join("\n  ", history._told)}\nReplay: make torture SEED={seed}", e);
        }
    }

    private async Task RunAsync()
    {
        var spec = Declare();
        await _rules.BeginAsync();
        for (var events = 3 + _random.Next(6); events > 0; events--)
        {
            switch (_random.Next(12))
            {
                case < 6:
                    spec = _random.Next(3) == 0 ? spec : Declare();
                    await DriveAsync(spec, removal: _random.Next(8) == 0);
                    break;
                case < 8:
                    spec = _random.Next(3) == 0 ? spec : Declare();
                    await TwoRunnersAsync(spec);
                    break;
                case < 9:
                    await PreviewAsync(spec);
                    break;
                case < 11:
                    await InterfereAsync();
                    break;
                default:
                    _remembered = null;
                    Tell("the state is lost");
                    break;
            }

            await _rules.CheckAsync();
            Pass(TimeSpan.FromSeconds(_random.Next(120)));
        }

        await PeaceAsync();
    }

    private MigrationSpec Declare()
    {
        var goal = (MigrationGoal[])[MigrationGoal.Validated, MigrationGoal.Replicated, MigrationGoal.Tested, MigrationGoal.CutOver, MigrationGoal.CutOver, MigrationGoal.CutOver];
        return Rehearsal.Spec(goal[_random.Next(goal.Length)], _random.Next(4) == 0 ? "dc3" : "dc2", _random.Next(6) == 0 ? RollbackChanges.Discard : RollbackChanges.BringBack) with
        {
            OnDrift = ((DriftResponse[])[DriftResponse.Return, DriftResponse.Return, DriftResponse.Adopt, DriftResponse.Ignore])[_random.Next(4)],
            RestartForDrift = _restarts,
            KeepPoints = _moments.Next(4),
            RollbackTo = _moments.Next(3) == 0 ? Run.Instant(_world.Time.GetUtcNow() - TimeSpan.FromSeconds(_moments.Next(240))) : null,
            Mode = ((MigrationMode[])[MigrationMode.Cold, MigrationMode.Cold, MigrationMode.Warm, MigrationMode.Live])[_random.Next(4)],
        };
    }

    private async Task DriveAsync(MigrationSpec spec, bool removal)
    {
        var faults = Faults();
        using var cancel = _random.Next(5) == 0 ? new CancellationTokenSource(TimeSpan.FromSeconds(_random.NextDouble() * 20), _world.Time) : new CancellationTokenSource();
        Tell($"run {Say(spec, removal)}{(faults.Length > 0 ? $" with {string.Join(" and ", faults.Select(Say))}" : "")}");
        await _rules.BeforeRunAsync();
        var crashes = _moments.Next(4) == 0;
        var end = await _world.Time.RunAsync(async () =>
        {
            var run = OneAsync(spec, removal, faults, cancel.Token);
            if (crashes)
            {
                await CrashHostAsync(run, TimeSpan.FromSeconds(_moments.NextDouble() * 0.3));
            }

            return await run;
        });
        await EndedAsync(spec, removal, end);
    }

    /// <summary>The host dies under the VM while the run reads from it, as far as its stamp says: so it is that run's, or a later one's, to start.</summary>
    private async Task CrashHostAsync(Task run, TimeSpan after)
    {
        for (var looks = 0; looks < 400 && !run.IsCompleted; looks++)
        {
            var book = _world.Sites();
            foreach (var name in new[] { "dc1", "dc2", "dc3" })
            {
                if ((await book.Find(name)!.FindByNameAsync(Rehearsal.VmName, default)) is [{ Power: PowerState.Running, Host: { IsKnown: true } host } vm] && vm.Stamp?[StampNotes.Copying] is not null)
                {
                    await Task.Delay(after, _world.Time);
                    if (run.IsCompleted || (await book.Find(name)!.InspectAsync(vm.Id, default))?.Stamp?[StampNotes.Copying] is null)
                    {
                        return;
                    }

                    Interlocked.Increment(ref _hostsDied);
                    Tell($"   the host at {name} dies under the VM");
                    _world.World.ByHand.CrashHost(name, host.Value);
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), _world.Time);
        }
    }

    private async Task TwoRunnersAsync(MigrationSpec spec)
    {
        var (one, other) = (Faults(), Faults());
        var later = TimeSpan.FromSeconds(_random.NextDouble() * 15);
        var second = _random.Next(2) == 0 ? spec : Declare();
        Tell($"two runs: {Say(spec, false)}; {later.TotalSeconds:0.0} s later {Say(second, false)}{(one.Length + other.Length > 0 ? $" with {string.Join(" and ", one.Concat(other).Select(Say))}" : "")}");
        await _rules.BeforeRunAsync();
        var ends = await _world.Time.RunAsync(async () =>
        {
            // Faults are the world's, not a runner's: both see all of them.
            (string, Fault)[] faults = [.. one, .. other];
            var first = OneAsync(spec, false, faults, default);
            await Task.Delay(later, _world.Time);
            var last = await OneAsync(second, false, faults, default);
            return (First: await first, Last: last);
        });
        await EndedAsync(spec, false, ends.First, ends.Last);
        await EndedAsync(second, false, ends.Last, ends.First);
    }

    /// <summary>One process.</summary>
    private async Task<End> OneAsync(MigrationSpec spec, bool removal, (string, Fault)[] faults, CancellationToken cancellation)
    {
        _world.World.Restart();
        var book = _world.Sites(faults);
        try
        {
            var (before, outcome) = await Drive.RunAsync(spec, _remembered, book, removal, _world.NewRunner(), _world.Time, RunEvents.None, cancellation);
            return new End(before, outcome, false);
        }
        catch (SimulatedCrashException)
        {
            return new End(null, null, true);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new End(null, null, false);
        }
    }

    private async Task EndedAsync(MigrationSpec spec, bool removal, End end, End? other = null)
    {
        Tell("   " + end);
        if (spec.RollbackTo is not null || (spec.Rollback == RollbackChanges.Discard && (removal || spec.Goal < MigrationGoal.CutOver)))
        {
            _rules.MayLoseWrites();
        }

        // One that died, was refused or could not remove it leaves the state as it was.
        if (end.Outcome is { Failed: null } && removal)
        {
            _remembered = null;
        }
        else if (end.Outcome is { } outcome && !removal && await _world.ObserveAsync(spec) is { Place: { } place })
        {
            _remembered = new Remembered(MigrationPhase.CutOver, place.Site.Name, place.Vm.Id) { Recorded = await RecordAsync(spec, end.Before!, outcome.Failed is null, place.Site.Name) };
        }

        await _rules.AfterRunAsync(spec, end, other);
    }

    /// <summary>As a front end keeps it in the state of this one run.</summary>
    private async Task<RecordedVm?> RecordAsync(MigrationSpec spec, Preflight before, bool succeeded, string site)
    {
        var memory = new Remembered(MigrationPhase.CutOver, site, null) { Recorded = before.Plan!.Kind == PlanKind.Move && succeeded ? null : before.Run!.Recorded };
        var now = await _world.Time.RunAsync(() => PreflightRunner.RunAsync(spec, memory, _world.Sites(), removal: true, _world.Time, RunEvents.None, default));
        return Drift.Record(spec, now.Run, before.Run!, succeeded).Recorded;
    }

    private async Task PreviewAsync(MigrationSpec spec)
    {
        Tell($"preview {Say(spec, false)}");
        var calls = _world.World.Calls.Count;
        await _world.Time.RunAsync(() => PreflightRunner.RunAsync(spec, _remembered, _world.Sites(), false, _world.Time, RunEvents.None, default));
        Rules.Require(!_world.World.Calls.Skip(calls).Any(call => call.Writes), "a preview changed something");
    }

    private async Task InterfereAsync()
    {
        var running = await _rules.RunningAsync();
        if (running is not [var at])
        {
            return;
        }

        var hand = _world.World.ByHand;
        switch (_random.Next(6))
        {
            case 0 when at != "dc1":
                Tell($"by hand: {at} loses power under the VM");
                hand.PowerOff(at, Rehearsal.VmName);
                _rules.StoppedByHand();
                break;
            case 1 when at != "dc1":
                var keepDisks = _random.Next(2) == 0;
                Tell($"by hand: the VM is {(keepDisks ? "undefined" : "deleted")} at {at}");
                hand.Delete(at, Rehearsal.VmName, keepDisks);
                _rules.MayBeDown();
                if (!keepDisks)
                {
                    _rules.MayLoseWrites();
                }

                break;
            case 2 when at != "dc1" && await ExistsAsync("dc1"):
                Tell("by hand: the source is started in spite of its fence, and shut down again");
                hand.Start("dc1", Rehearsal.VmName);
                Pass(TimeSpan.FromSeconds(5));
                hand.PowerOff("dc1", Rehearsal.VmName);
                _rules.MayLoseWrites();
                break;
            case 3:
                Tell($"by hand: the VM gets more memory at {at}");
                hand.Reshape(at, Rehearsal.VmName, memoryBytes: 2L << 30);
                break;
            case 4 when at == "dc1":
                Tell("by hand: the VM gets other CPUs at home");
                hand.Reshape(at, Rehearsal.VmName, cpus: 1 + _random.Next(4));
                break;
            default:
                Tell("a day passes");
                Pass(TimeSpan.FromDays(1));
                break;
        }
    }

    private async Task<bool> ExistsAsync(string site) => !(await _world.Time.RunAsync(() => _world.Sites().Find(site)!.FindByNameAsync(Rehearsal.VmName, default))).IsEmpty;

    /// <summary>Nothing goes wrong any more: the declaration comes true in a run or two.</summary>
    private async Task PeaceAsync()
    {
        var goal = Enum.GetValues<MigrationGoal>()[_random.Next(Enum.GetValues<MigrationGoal>().Length)];
        var removal = _random.Next(3) == 0;
        var spec = Rehearsal.Spec(goal, _random.Next(4) == 0 ? "dc3" : "dc2") with { RestartForDrift = _restarts };
        Pass(TimeSpan.FromMinutes(3));
        Tell($"in peace: {Say(spec, removal)}");
        for (var tries = 1; ; tries++)
        {
            var end = await _world.Time.RunAsync(() => OneAsync(spec, removal, [], default));
            Tell("   " + end);
            if (end.Outcome is { Failed: null })
            {
                break;
            }

            if (end.Before?.Findings.Any(finding => finding.Id is "rollback.copy-undefined") == true)
            {
                // As the message says: first whole again where it was undefined.
                Tell("   " + await _world.Time.RunAsync(() => OneAsync(spec with { Goal = MigrationGoal.CutOver }, false, [], default)));
            }

            if (end.Before?.Findings.Any(finding => finding.Id is "rollback.half-brought-back") == true)
            {
                // Nothing whole is left after what hands have done: a backup takes its place.
                Tell("   " + await _world.Time.RunAsync(() => OneAsync(spec with { Goal = MigrationGoal.Validated, Rollback = RollbackChanges.Discard }, false, [], default)));
                return;
            }

            if (end.Before?.Findings.Any(finding => finding.Id == "rollback.other-target") == true)
            {
                // As the message says: first all the way back.
                Tell("   " + await _world.Time.RunAsync(() => OneAsync(spec with { Goal = MigrationGoal.Validated }, false, [], default)));
            }

            Rules.Require(tries < 3, $"the declaration did not come true in peace: {end}");
            Pass(TimeSpan.FromMinutes(1));
        }

        await _rules.CheckEndAsync(spec, removal);
        if (_restarts && !removal && spec.Goal == MigrationGoal.CutOver)
        {
            await _rules.CheckShapeAsync(_remembered?.Recorded);
        }
    }

    private (string Site, Fault Fault)[] Faults() => [.. Enumerable.Range(0, _random.Next(3)).Select(_ => (_random.Next(2) == 0 ? "dc1" : _random.Next(4) == 0 ? "dc3" : "dc2", NewFault()))];

    private Fault NewFault()
    {
        var call = WritingCalls[_random.Next(WritingCalls.Length)];
        var kind = (FaultKind[])[FaultKind.Refuse, FaultKind.Crash, FaultKind.Crash, FaultKind.LoseReply, FaultKind.LoseReply, FaultKind.Slow, FaultKind.Hang];
        var picked = kind[_random.Next(kind.Length)];
        return new Fault
        {
            Kind = picked,
            Call = call,
            Nth = 1 + _random.Next(6),
            Times = picked is FaultKind.LoseReply or FaultKind.Refuse ? 1 + _random.Next(4) : 1,
            Moment = (FaultMoment)_random.Next(3),
            Error = _random.Next(2) == 0 ? PlatformErrorKind.Refused : PlatformErrorKind.Unreachable,
            Duration = TimeSpan.FromSeconds(1 + _random.Next(90)),
        };
    }

    private void Pass(TimeSpan time) => _world.Time.Advance(time);

    private void Tell(string what) => _told.Add($"{_world.Time.GetUtcNow():d HH:mm:ss} {what}");

    private static string Say(MigrationSpec spec, bool removal) => removal ? "the declaration away" : $"{spec.Mode} {spec.Goal} at {spec.Target.Site}, {spec.Rollback}{(spec.OnDrift == DriftResponse.Return ? "" : $", {spec.OnDrift}")}{(spec.RollbackTo is { } moment ? $", back to {moment}" : "")}";

    private static string Say((string Site, Fault Fault) fault) =>
        $"{fault.Fault.Kind} {fault.Fault.Moment} {fault.Fault.Call} {fault.Fault.Nth}x{fault.Fault.Times} at {fault.Site}";

    /// <summary>How one process ended.</summary>
    /// <param name="Before">Null where it did not come so far.</param>
    internal sealed record End(Preflight? Before, RunOutcome? Outcome, bool Died)
    {
        public override string ToString() => Died ? "died"
            : Outcome is null ? $"did not begin: {string.Join(" ", Before?.Findings.Where(finding => finding.Severity == Engine.Checks.Severity.Error).Select(finding => finding.Message) ?? ["cancelled"])}"
            : Outcome.Failed is null ? $"did {(Outcome.Done.IsEmpty ? "nothing" : string.Join(", ", Outcome.Done.Select(step => step.Name)))}"
            : $"failed at \"{Outcome.Failed.Name}\": {Outcome.Why}{(Outcome.TakenOver ? " (taken over)" : "")} {string.Join(" ", Outcome.TakenBack)}";
    }
}

/// <summary>A rule of the product was broken.</summary>
internal sealed class RuleBrokenException(string message, Exception? inner = null) : Exception(message, inner);
