using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator.Disks;

/// <summary>What goes wrong on purpose while one channel reads or writes, and what slows it.</summary>
internal sealed class ChannelFaults(OpenDisk open, string call, BlockErrorKind failed) : IDisposable
{
    private readonly SimulatedTime? _simulated = open.Time as SimulatedTime;
    private readonly Waiting _waiting = new(open.Time);
    private volatile bool _aborted;

    internal void Abort()
    {
        _aborted = true;
        try
        {
            _waiting.Abort();
        }
        catch (ObjectDisposedException)
        {
            // The owner gave the channel back at the same moment.
        }
    }

    /// <returns>The fault that strikes, where the channel itself has to play it.</returns>
    internal Fault? Before(long offset)
    {
        _simulated?.BlockMoved();
        open.MustLive();
        ThrowIfAborted();
        if (open.TakeFault?.Invoke(call) is not { } fault)
        {
            return null;
        }

        switch (fault.Kind)
        {
            case FaultKind.Refuse:
                throw new BlockException(KindOf(fault.Error), fault.Message ?? $"{open.Name}: {call} was refused (a declared fault).", fault.Error is not (PlatformErrorKind.Full or PlatformErrorKind.Refused))
                { Disk = open.Name, Offset = offset, Code = "EIO" };
            case FaultKind.Hang when !_waiting.For(fault.Duration ?? Timeout.InfiniteTimeSpan):
            case FaultKind.Slow when !_waiting.For(fault.Duration ?? TimeSpan.FromSeconds(1)):
                throw Lost();
            case FaultKind.Hang:
                throw new BlockException(BlockErrorKind.TimedOut, $"{open.Name}: no answer (a declared fault).", canRetry: true) { Disk = open.Name, Offset = offset };
            case FaultKind.Crash or FaultKind.Kill when fault.Moment == FaultMoment.Before:
                open.Die(fault);
                break;
        }

        return fault;
    }

    internal void After(Fault? fault, long offset)
    {
        if (fault?.Kind == FaultKind.LoseReply)
        {
            throw new BlockException(BlockErrorKind.Lost, $"{open.Name}: the connection broke (a declared fault).", canRetry: true) { Disk = open.Name, Offset = offset };
        }

        if (fault?.Kind is FaultKind.Crash or FaultKind.Kill)
        {
            open.Die(fault);
        }
    }

    internal void Pass(int bytes)
    {
        if (open.Pace is { } pace && !pace.Pass(bytes, _waiting))
        {
            throw Lost();
        }
    }

    internal void ThrowIfAborted()
    {
        if (_aborted)
        {
            throw Lost();
        }
    }

    public void Dispose() => _waiting.Dispose();

    private BlockException Lost() => new(BlockErrorKind.Lost, $"{open.Name}: aborted.", canRetry: true) { Disk = open.Name };

    private BlockErrorKind KindOf(PlatformErrorKind kind) => kind switch
    {
        PlatformErrorKind.Full => BlockErrorKind.NoSpace,
        PlatformErrorKind.Lost => BlockErrorKind.Lost,
        PlatformErrorKind.Unreachable => BlockErrorKind.Unreachable,
        PlatformErrorKind.TimedOut => BlockErrorKind.TimedOut,
        PlatformErrorKind.Denied => BlockErrorKind.Refused,
        _ => failed,
    };
}
