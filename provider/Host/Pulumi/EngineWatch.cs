using Grpc.Core;
using Grpc.Net.Client;
using VmMigrate.Host.Protos.Health;

namespace VmMigrate.Host.Pulumi;

/// <summary>Notices that the engine is gone, so that no provider is left behind by an engine that crashed.</summary>
/// <remarks>
/// Two ways. The engine holds the other end of our standard input, which ends with it: that tells at once, but only where it is a
/// pipe (started by hand it is a terminal, in CI perhaps an empty file or a pipe that was closed from the start). And its address
/// answers the health protocol for as long as it lives; any answer counts, also that it does not know the protocol.
/// </remarks>
internal static class EngineWatch
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(30);

    // One lost answer on a machine under load is no proof.
    private const int FailuresThatProve = 3;

    /// <summary>Completes when the engine is gone; throws when cancelled.</summary>
    /// <param name="address">The address as it is now, or null while there is none: in attach mode engines come and go.</param>
    internal static async Task UntilGoneAsync(Func<string?> address, TimeProvider time, CancellationToken cancellation)
    {
        GrpcChannel? channel = null;
        string? connectedTo = null;
        var failures = 0;
        try
        {
            while (failures < FailuresThatProve)
            {
                // After a first failure look again soon.
                await Task.Delay(failures == 0 ? _period : TimeSpan.FromSeconds(1), time, cancellation).ConfigureAwait(false);
                if (address() is not { } current)
                {
                    continue;
                }

                if (channel is null || connectedTo != current)
                {
                    channel?.Dispose();
                    channel = EngineChannel.Open(current);
                    connectedTo = current;
                    failures = 0;
                }

                failures = await AnswersAsync(channel, time, cancellation).ConfigureAwait(false) ? 0 : failures + 1;
            }
        }
        finally
        {
            channel?.Dispose();
        }
    }

    /// <summary>Completes when standard input ends; never completes where that would tell nothing.</summary>
    internal static Task UntilInputEndsAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (IsPipe())
        {
            // A thread of its own: a read of standard input cannot be called off, and the pool has few threads to lose.
            new Thread(() =>
            {
                ReadToEnd();
                ended.TrySetResult();
            })
            {
                IsBackground = true,
                Name = "standard input",
            }.Start();
        }

        return ended.Task;
    }

    private static void ReadToEnd()
    {
        try
        {
            using var input = Console.OpenStandardInput();
            Span<byte> buffer = stackalloc byte[64];
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Whoever held the other end is gone too.
        }
    }

    private static async Task<bool> AnswersAsync(GrpcChannel channel, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await new Health.HealthClient(channel)
                .CheckAsync(new HealthCheckRequest(), deadline: time.GetUtcNow().UtcDateTime + _answerLimit, cancellationToken: cancellation)
                .ConfigureAwait(false);
            return true;
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            return error.StatusCode == StatusCode.Unimplemented;
        }
    }

    private static bool IsPipe()
    {
        try
        {
            // Only Linux tells without a native call; elsewhere the health protocol alone has to do.
            return OperatingSystem.IsLinux()
                && new FileInfo("/proc/self/fd/0").LinkTarget is { } target
                && (target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
