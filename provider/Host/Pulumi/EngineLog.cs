using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using VmMigrate.Engine.Checks;
using VmMigrate.Host.Protos.Pulumi;
using EngineClient = VmMigrate.Host.Protos.Pulumi.Engine.EngineClient;

namespace VmMigrate.Host.Pulumi;

/// <summary>Lines for the user, on the row of a resource: our only way to speak, since the engine hides what a provider prints.</summary>
/// <remarks>Lines arrive in the order in which they were given. Nothing here throws: an engine that is gone reads no log.</remarks>
internal sealed class EngineLog : IAsyncDisposable
{
    // A live engine answers at once; one that hangs must not hold a migration up.
    private static readonly TimeSpan _lineLimit = TimeSpan.FromSeconds(5);

    private readonly Channel<Entry> _queue = Channel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly FileLog _file;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Task? _sender;
    private string? _address;

    internal EngineLog(FileLog file, TimeProvider time)
    {
        _file = file;
        _time = time;
    }

    /// <summary>Where lines go from now on; null or empty: nowhere.</summary>
    internal string? Address
    {
        get => Volatile.Read(ref _address);
        set => Volatile.Write(ref _address, string.IsNullOrEmpty(value) ? null : value);
    }

    /// <param name="message">Cleaned already.</param>
    /// <param name="urn">Empty for a line about the whole stack.</param>
    /// <param name="ephemeral">It is shown while the call runs, and not kept.</param>
    internal void Write(Severity severity, string message, string urn, bool ephemeral = false)
    {
        if (Address is null)
        {
            return;
        }

        Start();
        _queue.Writer.TryWrite(new Entry(
            new LogRequest
            {
                Severity = severity switch
                {
                    Severity.Error => LogSeverity.Error,
                    Severity.Warning => LogSeverity.Warning,
                    _ => LogSeverity.Info,
                },
                Message = message,
                Urn = urn,
                Ephemeral = ephemeral,
            },
            null));
    }

    /// <summary>Completes when all lines given so far have been taken or have failed, or after a few seconds.</summary>
    internal async Task FlushAsync()
    {
        if (_sender is null)
        {
            return;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_queue.Writer.TryWrite(new Entry(null, done)))
        {
            await Task.WhenAny(done.Task, Task.Delay(_lineLimit, _time)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        if (_sender is { } sender)
        {
            await Task.WhenAny(sender, Task.Delay(_lineLimit, _time)).ConfigureAwait(false);
        }
    }

    private void Start()
    {
        lock (_lock)
        {
            _sender ??= Task.Run(SendAsync);
        }
    }

    private async Task SendAsync()
    {
        GrpcChannel? channel = null;
        string? connectedTo = null;
        try
        {
            await foreach (var entry in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                entry.Flushed?.TrySetResult();
                if (entry.Line is null || Address is not { } address)
                {
                    continue;
                }

                try
                {
                    if (channel is null || connectedTo != address)
                    {
                        channel?.Dispose();
                        channel = EngineChannel.Open(address);
                        connectedTo = address;
                    }

                    await new EngineClient(channel)
                        .LogAsync(entry.Line, deadline: _time.GetUtcNow().UtcDateTime + _lineLimit)
                        .ConfigureAwait(false);
                }
                catch (Exception error) when (error is RpcException or IOException or UriFormatException or InvalidOperationException)
                {
                    _file.Write($"engine log at {address}: {error.Message}");
                }
            }
        }
        finally
        {
            channel?.Dispose();
        }
    }

    private sealed record Entry(LogRequest? Line, TaskCompletionSource? Flushed);
}
