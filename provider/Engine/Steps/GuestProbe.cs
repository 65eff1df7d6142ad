using System.Net.Sockets;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Waits until a guest is seen alive in one declared way.</summary>
internal static class GuestProbe
{
    internal static string Describe(ProbeSpec probe) => probe.Kind switch
    {
        ProbeKind.GuestAgent => $"guest agent answers within {Human.Duration(probe.Timeout)}",
        ProbeKind.Tcp => $"TCP {probe.Host ?? "guest"}:{probe.Port} accepts within {Human.Duration(probe.Timeout)}",
        _ => $"console shows \"{probe.Contains}\" within {Human.Duration(probe.Timeout)}",
    };

    /// <returns>How it was seen and how long that took.</returns>
    /// <exception cref="PlatformException">The time is over (<see cref="PlatformErrorKind.TimedOut"/>), or the platform cannot probe this way.</exception>
    internal static async Task<string> WaitAsync(
        ProbeSpec probe, Site site, string vmId, TimeProvider time, long since, RunEvents events, CancellationToken cancellation)
    {
        var last = "no answer";
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (passed, what) = await TryAsync(probe, site, vmId, cancellation);
            var elapsed = time.GetElapsedTime(since);
            if (passed)
            {
                return $"{what} after {Human.Duration(elapsed)}";
            }

            last = what;
            if (elapsed >= probe.Timeout)
            {
                throw new PlatformException(
                    PlatformErrorKind.TimedOut, site.Name, $"The guest was not seen alive at {site.Name}: {Describe(probe)}, but after {Human.Duration(elapsed)}: {last}.");
            }

            events.Status("prove", $"waiting for the guest: {what}, {Human.Duration(elapsed)} of {Human.Duration(probe.Timeout)}");
            await Task.Delay(probe.Interval, time, cancellation);
        }
    }

    private static async Task<(bool Passed, string What)> TryAsync(ProbeSpec probe, Site site, string vmId, CancellationToken cancellation)
    {
        switch (probe.Kind)
        {
            case ProbeKind.GuestAgent:
                return await site.PingAgentAsync(vmId, cancellation)
                    ? (true, "guest agent answered")
                    : (false, "the guest agent does not answer");
            case ProbeKind.Console:
                return await site.ReadConsoleAsync(vmId, cancellation) switch
                {
                    null => throw new PlatformException(
                        PlatformErrorKind.Unsupported, site.Name, $"The console of the VM at {site.Name} cannot be read, so a console probe can never pass. Declare another probe."),
                    var text when text.Contains(probe.Contains!, StringComparison.Ordinal) => (true, $"console showed \"{probe.Contains}\""),
                    _ => (false, $"the console does not show \"{probe.Contains}\" yet"),
                };
            default:
                var host = probe.Host ?? (await site.InspectAsync(vmId, cancellation))?.Addresses.FirstOrDefault();
                if (host is null)
                {
                    return (false, "the guest has told no address yet");
                }

                try
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                    limit.CancelAfter(TimeSpan.FromSeconds(5));
                    using var client = new TcpClient();
                    await client.ConnectAsync(host, probe.Port, limit.Token);
                    return (true, $"TCP {host}:{probe.Port} accepted a connection");
                }
                catch (SocketException e)
                {
                    return (false, $"TCP {host}:{probe.Port}: {e.Message}");
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    return (false, $"TCP {host}:{probe.Port}: no answer within 5 s");
                }
        }
    }
}
