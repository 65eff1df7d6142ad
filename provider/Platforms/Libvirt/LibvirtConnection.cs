using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt;

/// <summary>
/// The connection of one site: opened at the first call and again after a loss. libvirt's calls block, so each piece of work runs on a
/// thread of its own (a pool's thread would be held up), at most <see cref="MostAtOnce"/> at a time.
/// </summary>
internal sealed class LibvirtConnection(string site, LibvirtUri uri, TimeProvider time) : IAsyncDisposable
{
    /// <summary>libvirtd serves a client at most 5 calls at once by default (max_client_requests); more would only wait there.</summary>
    private const int MostAtOnce = 5;

    /// <summary>Ssh and TLS to a far host, a first probe of QEMU: seconds. Longer than this nobody answers.</summary>
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(30);

    /// <summary>One piece of work; a first call to a new host takes up to 4 s, a held domain lock 30 s.</summary>
    private static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(90);

    /// <summary>A dead peer is noticed after 5 × 6 s.</summary>
    private const int KeepAliveSeconds = 5;
    private const uint KeepAliveCount = 5;

    private readonly SemaphoreSlim _slots = new(MostAtOnce);
    private readonly SemaphoreSlim _opening = new(1);
    private ConnectHandle? _current;
    private bool _disposed;

    /// <summary>
    /// Work that only reads: done once more on a new connection when the first broke. A cancelled one is left behind to end by itself.
    /// </summary>
    internal async Task<T> ReadAsync<T>(string what, Func<LibvirtSession, T> work, CancellationToken cancellation)
    {
        try
        {
            return await RunAsync(what, work, abandon: true, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.Kind == PlatformErrorKind.Lost)
        {
            return await RunAsync(what, work, abandon: true, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Work that changes something: never repeated by itself, and waited for even when cancelled, so that it cannot take effect after
    /// what the caller does next.
    /// </summary>
    internal Task<T> ChangeAsync<T>(string what, Func<LibvirtSession, T> work, CancellationToken cancellation) =>
        RunAsync(what, work, abandon: false, cancellation);

    internal Task ChangeAsync(string what, Action<LibvirtSession> work, CancellationToken cancellation) =>
        ChangeAsync(
            what,
            session =>
            {
                work(session);
                return 0;
            },
            cancellation);

    private async Task<T> RunAsync<T>(string what, Func<LibvirtSession, T> work, bool abandon, CancellationToken cancellation)
    {
        var connection = await OpenAsync(cancellation).ConfigureAwait(false);
        if (!await _slots.WaitAsync(WorkLimit, cancellation).ConfigureAwait(false))
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"{what} at site {site}: {MostAtOnce} earlier calls have had no answer for {WorkLimit.TotalSeconds:0} s, so this one was not made");
        }

        var task = OnOwnThread(() =>
        {
            try
            {
                return work(new LibvirtSession(site, connection));
            }
            finally
            {
                _slots.Release();
            }
        });
        try
        {
            return await task.WaitAsync(WorkLimit, time, abandon ? cancellation : CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new PlatformException(
                PlatformErrorKind.TimedOut,
                site,
                $"{what} at site {site}: no answer within {WorkLimit.TotalSeconds:0} s; it may still take effect",
                exception);
        }
    }

    private async Task<ConnectHandle> OpenAsync(CancellationToken cancellation)
    {
        await _opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_current is { } current)
            {
                if (NativeMethods.virConnectIsAlive(current) == 1)
                {
                    return current;
                }

                // Work that still runs on it keeps its own reference.
                _current = null;
                current.Dispose();
            }

            return _current = await ConnectAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>A connection for one long piece of work, which its caller disposes: it holds up nobody else's.</summary>
    internal async Task<ConnectHandle> ConnectAsync(CancellationToken cancellation)
    {
        LibvirtLibrary.Load(site);
        var opening = OnOwnThread(() =>
        {
            var handle = NativeMethods.virConnectOpen(uri.ForOpen);
            if (handle.IsInvalid)
            {
                throw LibvirtErrors.FromOpen(site, uri.Public, LibvirtErrors.Last());
            }

            // A daemon that knows no keepalive still serves; its loss is then noticed by the work limit.
            _ = NativeMethods.virConnectSetKeepAlive(handle, KeepAliveSeconds, KeepAliveCount);
            return handle;
        });
        try
        {
            return await opening.WaitAsync(OpenLimit, time, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            _ = opening.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            if (exception is TimeoutException)
            {
                throw new PlatformException(
                    PlatformErrorKind.Unreachable,
                    site,
                    $"site {site} ({uri.Public}) cannot be reached: no connection within {OpenLimit.TotalSeconds:0} s",
                    exception);
            }

            throw;
        }
    }

    /// <summary>Blocking calls do not belong on a pool's thread.</summary>
    internal static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            if (_current is { } current)
            {
                _current = null;
                // Closing may wait for a peer that does not answer any more.
                Task closing = OnOwnThread(() =>
                {
                    current.Dispose();
                    return 0;
                });
                await closing.WaitAsync(TimeSpan.FromSeconds(2), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _opening.Release();
        }
    }
}
