using System.Runtime.InteropServices;
using System.Text;
using VmMigrate.Host.Resources;

namespace VmMigrate.Host.Pulumi;

/// <summary>The program as Pulumi's engine starts it: listens, prints its port, and ends when the engine says so or is gone.</summary>
/// <remarks>
/// Every ordinary run ends with Cancel and then an interrupt. An interrupt while work is under way is not for us to obey: it may be
/// the user's own, which the engine answers with Cancel and by waiting. SIGTERM, the end of the terminal or an engine that is gone
/// stops the work at a safe point first: a process that just vanished would leave a VM down that nobody starts again.
/// </remarks>
internal static class PulumiHost
{
    // Taking a VM back to its source can take a guest's shutdown and a start, and sending back what a live move has carried away.
    private static readonly TimeSpan _longestStop = TimeSpan.FromMinutes(30);

    internal static async Task<int> RunAsync(Provider provider, string[] arguments)
    {
        var time = TimeProvider.System;
        using var file = FileLog.Open(Environment.GetEnvironmentVariable(FileLog.Variable), time);
        using var end = new CancellationTokenSource();
        var stopWork = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var address = PulumiArguments.EngineAddress(arguments);

        await using (provider.ConfigureAwait(false))
        {
            var server = await PulumiServer.StartAsync(provider, address, file, time).ConfigureAwait(false);
            await using var closing = server.ConfigureAwait(false);
            var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
            using var ctrlBreak = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnInterrupt);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate);
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnTerminate);

            Announce(server.Port);
            file.Write($"listening on {server.Port}, engine {address ?? "unknown"}");

            // Attached by hand, the process outlives engines, and its standard input tells nothing of them.
            var engineGone = address is null ? Task.Delay(Timeout.Infinite, end.Token) : EngineWatch.UntilGoneAsync(() => server.EngineAddress, time, end.Token);
            var inputEnded = address is null ? engineGone : EngineWatch.UntilInputEndsAsync();
            var first = await Task.WhenAny(interrupted.Task, stopWork.Task, engineGone, inputEnded).ConfigureAwait(false);
            if (first != interrupted.Task)
            {
                file.Write(first == stopWork.Task ? "stopping" : "the engine is gone, stopping");
                await server.Calls.CancelAsync().ConfigureAwait(false);
                await Task.WhenAny(server.Calls.WhenIdleAsync(), Task.Delay(_longestStop, time)).ConfigureAwait(false);
            }

            await end.CancelAsync().ConfigureAwait(false);

            void OnTerminate(PosixSignalContext signal)
            {
                signal.Cancel = true;
                file.Write($"{signal.Signal}");
                stopWork.TrySetResult();
            }

            void OnInterrupt(PosixSignalContext signal)
            {
                signal.Cancel = true;
                if (!server.Calls.Any)
                {
                    interrupted.TrySetResult();
                }
                else if (server.Calls.Cancelled)
                {
                    // The engine is closing and did not wait for its own calls.
                    stopWork.TrySetResult();
                }
            }
        }

        file.Write("end");
        return 0;
    }

    private static void Announce(int port)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.ASCII.GetBytes($"{port}\n"));
        output.Flush();
    }
}
