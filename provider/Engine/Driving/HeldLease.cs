using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Driving;

/// <summary>This run's lease of a migration: taken, renewed in the background, checked before every writing call, and given back.</summary>
/// <remarks>
/// Safety rests on the token alone, never on clocks: who was taken over is refused at its next writing call, however late it comes back. Clocks decide only
/// when a silent holder is taken for dead.
/// </remarks>
public sealed class HeldLease : IAsyncDisposable
{
    /// <summary>How long a lease stands unrenewed. A cold machine with a busy disk may pause for some seconds; a crashed run must not block the next for long.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Four chances before it runs out.</summary>
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(15);

    /// <summary>Clocks of two machines may differ so much.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(10);

    /// <summary>Two clocks may differ by any time, so one that says "run out" is believed only when the holder is seen not to renew: so long, one renewal and a slow call.</summary>
    private static readonly TimeSpan Silence = RenewEvery + ClockSlack;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly Site _site;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private Lease _lease;
    private long _confirmed;
    private string? _takenBy;
    private Task _renewing = Task.CompletedTask;

    private HeldLease(Site site, Lease lease, TimeProvider time)
    {
        (_site, _lease, _time) = (site, lease, time);
        _confirmed = time.GetTimestamp();
    }

    /// <summary>The lease that stood before, of a holder that was taken for dead.</summary>
    internal Lease? TakenFrom { get; private init; }

    /// <summary>Cancelled when another run has taken the migration over.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Who has taken it over, as a sentence; null while it is ours.</summary>
    public string? WhyLost => Volatile.Read(ref _takenBy);

    /// <summary>Takes the lease, at once or from a dead holder.</summary>
    /// <returns>The lease, or the one of another run that lives.</returns>
    internal static async Task<(HeldLease? Mine, Lease? Theirs)> TakeAsync(
        Site site, string migrationId, RunnerIdentity runner, string owner, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        var (first, since) = (default(Lease?), time.GetTimestamp());
        while (true)
        {
            var standing = await site.FindLeaseAsync(migrationId, cancellation);
            var now = time.GetUtcNow();
            if (standing is null
                || RunnerIdentity.IsDead(standing.Process)
                || (standing == first && time.GetElapsedTime(since) > (HasRunOut(standing, now) ? Silence : Limit + ClockSlack)))
            {
                var next = new Lease(migrationId, runner.NewToken(), owner.Length > 0 ? $"{runner.Name}, {owner}" : runner.Name, runner.Process, now, now + Limit);
                if (await TrySetAsync(site, standing?.Token, next, cancellation))
                {
                    if (standing is not null)
                    {
                        events.Say(Checks.Severity.Note, $"Took the migration over from {standing.Holder}, which held it since {Say(standing.Since)} and {(RunnerIdentity.IsDead(standing.Process) ? "is dead" : "has not renewed its lease")}.");
                    }

                    var held = new HeldLease(site, next, time) { TakenFrom = standing };
                    held._renewing = held.RenewAsync();
                    return (held, null);
                }

                continue;
            }

            // Somebody who lives renews, to a later time or, where a clock was set back, to an earlier one; who does not is taken over when the time is over.
            if (standing.Token != first?.Token)
            {
                (first, since) = (standing, time.GetTimestamp());
            }
            else if (standing != first)
            {
                return (null, standing);
            }

            events.Status("lease", $"waiting to see whether {standing.Holder} is alive, which holds the migration since {Say(standing.Since)}");
            await Task.Delay(Poll, time, cancellation);
        }
    }

    /// <summary>Removes the lease of a run that died, where the next one finds nothing to do and so takes none.</summary>
    internal static async Task SweepAsync(Site site, string migrationId, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            if (await site.FindLeaseAsync(migrationId, cancellation) is not { } standing)
            {
                return;
            }

            if (!RunnerIdentity.IsDead(standing.Process))
            {
                if (!HasRunOut(standing, time.GetUtcNow()))
                {
                    return;
                }

                await Task.Delay(Silence, time, cancellation);
                if (await site.FindLeaseAsync(migrationId, cancellation) != standing)
                {
                    return;
                }
            }

            await site.TrySetLeaseAsync(migrationId, standing.Token, null, cancellation);
        }
        catch (PlatformException)
        {
            // It is in nobody's way.
        }
    }

    /// <summary>By this machine's clock.</summary>
    private static bool HasRunOut(Lease lease, DateTimeOffset now) => now > lease.Until + ClockSlack;

    internal static string Say(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss' UTC'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Asks the platform, before a writing call, whether this run still holds the migration.</summary>
    /// <exception cref="LeaseLostException">Another run does.</exception>
    internal async Task MustHoldAsync(CancellationToken cancellation)
    {
        ThrowIfLost();
        try
        {
            var standing = await _site.FindLeaseAsync(_lease.MigrationId, cancellation);
            if (standing?.Token != _lease.Token)
            {
                Lose(standing);
            }
        }
        catch (PlatformException e) when (e.RetryCanHelp && _time.GetElapsedTime(_confirmed) < Limit)
        {
            // The home site does not answer just now. Nobody can have taken over yet, and the VM may need this very call to run again.
        }

        ThrowIfLost();
    }

    /// <summary>Gives the lease back, so that the next run need not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (WhyLost is null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), _time);
            try
            {
                await _site.TrySetLeaseAsync(_lease.MigrationId, _lease.Token, null, limit.Token);
            }
            catch (Exception e) when (e is PlatformException or OperationCanceledException)
            {
                // It runs out by itself.
            }
        }

        _lost.Dispose();
        _ended.Dispose();
    }

    private void ThrowIfLost()
    {
        if (WhyLost is { } why)
        {
            throw new LeaseLostException(why);
        }
    }

    private async Task RenewAsync()
    {
        while (true)
        {
            await Task.Delay(RenewEvery, _time, _ended.Token);
            try
            {
                var next = _lease with { Until = _time.GetUtcNow() + Limit };
                if (await TrySetAsync(_site, _lease.Token, next, _ended.Token))
                {
                    _lease = next;
                    Volatile.Write(ref _confirmed, _time.GetTimestamp());
                }
                else
                {
                    Lose(await _site.FindLeaseAsync(_lease.MigrationId, _ended.Token));
                    return;
                }
            }
            catch (Exception) when (!_ended.IsCancellationRequested)
            {
                // Whatever it was, it is tried again: a run whose lease runs out while it works is taken over amid its work. Nobody takes over before the time is over.
            }
        }
    }

    private void Lose(Lease? standing)
    {
        Volatile.Write(ref _takenBy, standing is null
            ? $"the lease of this run at {_site.Name} is gone: another run took the migration over and has ended, or somebody has removed it"
            : $"{standing.Holder} has taken the migration over at {Say(standing.Since)}, since this run had not renewed its lease");
        _lost.Cancel();
    }

    /// <summary>A reply that was lost is no answer: whose lease stands tells.</summary>
    private static async Task<bool> TrySetAsync(Site site, Guid? expected, Lease next, CancellationToken cancellation)
    {
        try
        {
            return await site.TrySetLeaseAsync(next.MigrationId, expected, next, cancellation);
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.Lost)
        {
            return (await site.FindLeaseAsync(next.MigrationId, cancellation)) == next;
        }
    }
}
