using System.Diagnostics;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Simulator.Faults;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Every call goes through here: it is recorded, delayed, and hit by faults.</content>
public sealed partial class SimulatorSite
{
    private Task<T> ReadAsync<T>(string name, string? vm, string arguments, Func<Turn, SiteState, T> read, CancellationToken cancellation) =>
        CallAsync(name, vm, arguments, writes: false, _ => Task.FromResult(Look(read)), null, cancellation);

    /// <param name="change">Checks first, then changes. Calls its last argument between two changes, where a process may die.</param>
    private Task<bool> ChangeAsync(string name, string? vm, string arguments, Action<Turn, SiteState, Action> change, CancellationToken cancellation) =>
        ChangeAsync(name, vm, arguments, (turn, site, cut) =>
        {
            change(turn, site, cut);
            return true;
        }, () => true, cancellation);

    /// <param name="lie">What the call returns when it has done nothing and says it has.</param>
    private Task<T> ChangeAsync<T>(string name, string? vm, string arguments, Func<Turn, SiteState, Action, T> change, Func<T> lie, CancellationToken cancellation) =>
        CallAsync(name, vm, arguments, writes: true, cut => Task.FromResult(Change((turn, site) => change(turn, site, cut))), lie, cancellation);

    /// <summary>Reads the world, without a lock between processes where nothing has to be counted.</summary>
    private T Look<T>(Func<Turn, SiteState, T> read) => _options.Faults.IsDefaultOrEmpty
        ? _world.Read(_time, turn => read(turn, turn.Site(Name)))
        : Change(read);

    private T Change<T>(Func<Turn, SiteState, T> change)
    {
        var cutShort = false;
        var result = _world.Change(_time, byHand: false, turn =>
        {
            try
            {
                return change(turn, turn.Site(Name));
            }
            catch (CutHere)
            {
                // What was changed up to here stays.
                cutShort = true;
                return default!;
            }
        });
        return cutShort ? throw new CutHere() : result;
    }

    private async Task<T> CallAsync<T>(string name, string? vm, string arguments, bool writes, Func<Action, Task<T>> body, Func<T>? lie, CancellationToken cancellation)
    {
        _runner.MustLive();
        cancellation.ThrowIfCancellationRequested();
        Establish();
        var outcome = "ok";
        try
        {
            var fault = TakeFault(name, vm);
            if (_options.Latency > TimeSpan.Zero)
            {
                await Task.Delay(_options.Latency, _time, cancellation);
                _runner.MustLive();
            }

            if (fault is not null)
            {
                await StrikeBeforeAsync(fault, name, cancellation);
                if (fault.Kind == FaultKind.Lie && lie is not null)
                {
                    outcome = "ok (a lie)";
                    return lie();
                }
            }

            var diesInside = fault is { Kind: FaultKind.Crash or FaultKind.Kill, Moment: FaultMoment.Inside };
            T result;
            try
            {
                result = await body(diesInside ? static () => throw new CutHere() : static () => { });
            }
            catch (CutHere)
            {
                throw Die(fault!, $"inside {name}");
            }

            if (fault?.Kind == FaultKind.LoseReply)
            {
                throw Declared(PlatformErrorKind.Lost, fault, $"{name}: the connection broke after the request was sent");
            }

            if (fault?.Kind is FaultKind.Crash or FaultKind.Kill)
            {
                throw Die(fault, $"in {name}");
            }

            return result;
        }
        catch (Exception e)
        {
            outcome = e switch
            {
                PlatformException platform => platform.Kind.ToString(),
                OperationCanceledException => "cancelled",
                SimulatedCrashException => "crash",
                _ => e.GetType().Name,
            };
            throw;
        }
        finally
        {
            _world.Store.Record(new SimulatedCall(_time.GetUtcNow(), Name, name, vm, arguments, writes, outcome));
        }
    }

    private void Establish()
    {
        if (_established)
        {
            return;
        }

        var isThere = _world.Read(_time, turn => turn.World.Sites.TryGetValue(Name, out var site) && Turn.OptionsText(site.Options) == _optionsText);
        if (!isThere)
        {
            _world.Change(_time, byHand: false, turn =>
            {
                turn.Establish(Name, _options, _optionsText);
                return true;
            });
        }

        _established = true;
    }

    private Fault? TakeFault(string call, string? vmId)
    {
        if (_options.Faults.IsDefaultOrEmpty)
        {
            return null;
        }

        return _world.Change(_time, byHand: false, turn =>
        {
            var site = turn.Site(Name);
            return FaultTable.Take(turn.World, site, call, vmId is null ? null : site.Vms.GetValueOrDefault(vmId), turn.Now);
        });
    }

    private async Task StrikeBeforeAsync(Fault fault, string call, CancellationToken cancellation)
    {
        switch (fault.Kind)
        {
            case FaultKind.Refuse:
                throw Declared(fault.Error, fault, $"{call} was refused");
            case FaultKind.Hang:
                await Task.Delay(fault.Duration ?? Timeout.InfiniteTimeSpan, _time, cancellation);
                throw Declared(PlatformErrorKind.TimedOut, fault, $"{call} did not answer");
            case FaultKind.Slow:
                await Task.Delay(fault.Duration ?? TimeSpan.FromSeconds(10), _time, cancellation);
                break;
            case FaultKind.Crash or FaultKind.Kill when fault.Moment == FaultMoment.Before:
                throw Die(fault, $"before {call}");
        }

        _runner.MustLive();
    }

    private PlatformException Declared(PlatformErrorKind kind, Fault fault, string message) => No(kind, fault.Message ?? message + " (a declared fault).");

    private SimulatedCrashException Die(Fault fault, string where)
    {
        if (fault.Kind == FaultKind.Kill)
        {
            // As kill -9: no finalizer, no handler, nothing flushed.
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }

        return _runner.Die($"The {_runner.Name} died {where} at site \"{Name}\" (a declared fault).");
    }

    /// <summary>The process dies between two changes of one call.</summary>
    private sealed class CutHere : Exception;
}
