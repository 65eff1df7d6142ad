using System.Collections.Immutable;
using System.Net.Sockets;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Gates;

/// <summary>Waits until a guest is seen alive in one declared way, as often as declared.</summary>
internal static class GuestProbe
{
    /// <summary>No single try takes longer, so that a guest that accepts and says nothing does not use up the whole timeout.</summary>
    internal static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(5);

    /// <summary>A VM that is off is waited for in vain; a look at that costs a call.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    internal static string Describe(ProbeSpec probe)
    {
        var what = probe.Kind switch
        {
            ProbeKind.GuestAgent => "guest agent answers",
            ProbeKind.Tcp => $"TCP {probe.Host ?? "guest"}:{probe.Port} accepts",
            ProbeKind.Http => HttpGate.Describe(probe),
            ProbeKind.Ssh => SshGate.Describe(probe),
            _ => $"console shows \"{probe.Contains}\"",
        };
        var often = probe.Successes > 1 ? $" {probe.Successes} times in a row" : "";
        var bad = probe.Failures > 0 ? $", tried every {Human.Duration(probe.Interval)}, given up after {probe.Failures} failure{(probe.Failures == 1 ? "" : "s")} in a row" : "";
        return $"{what}{often} within {Human.Duration(probe.Timeout)}{bad}";
    }

    /// <summary>All declared gates of a run, one after the other, at the VM's present place.</summary>
    /// <returns>How each was passed.</returns>
    /// <exception cref="PlatformException">One was not.</exception>
    internal static Task<string> WaitForAllAsync(Run run, Site site, string vmId, CancellationToken cancellation) =>
        WaitForAllAsync(run, run.Spec.Probes, site, vmId, cancellation);

    /// <summary>The same of some gates.</summary>
    internal static async Task<string> WaitForAllAsync(Run run, ImmutableArray<ProbeSpec> probes, Site site, string vmId, CancellationToken cancellation)
    {
        var seen = new List<string>();
        var since = run.Time.GetTimestamp();
        foreach (var probe in probes)
        {
            seen.Add(await WaitAsync(probe, run, site, vmId, since, cancellation));
        }

        return string.Join("; ", seen);
    }

    private static async Task<string> WaitAsync(ProbeSpec probe, Run run, Site site, string vmId, long since, CancellationToken cancellation)
    {
        var (passed, failed) = (0, 0);
        var looked = run.Time.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (ok, what) = await TryAsync(probe, run, site, vmId, cancellation);
            var elapsed = run.Time.GetElapsedTime(since);
            (passed, failed) = ok ? (passed + 1, 0) : (0, failed + 1);
            if (passed >= probe.Successes)
            {
                return $"{what}{(passed > 1 ? $" {passed} times" : "")} after {Human.Duration(elapsed)}";
            }

            if (elapsed >= probe.Timeout || (probe.Failures > 0 && failed >= probe.Failures))
            {
                var why = ok ? $"{what} only {passed} times" : failed > 1 ? $"{what} ({failed} failures in a row)" : what;
                throw new PlatformException(
                    PlatformErrorKind.TimedOut, site.Name, $"The guest was not seen alive at {site.Name}: {Describe(probe)}, but after {Human.Duration(elapsed)}: {why}.");
            }

            if (!ok && run.Time.GetElapsedTime(looked) >= LookEvery)
            {
                looked = run.Time.GetTimestamp();
                await MustBeOnAsync(run, site, vmId, what, cancellation);
            }

            run.Events.Status("prove", $"waiting for the guest: {what}, {Human.Duration(elapsed)} of {Human.Duration(probe.Timeout)}");
            await Task.Delay(probe.Interval, run.Time, cancellation);
        }
    }

    private static async Task MustBeOnAsync(Run run, Site site, string vmId, string what, CancellationToken cancellation)
    {
        var gone = await site.InspectAsync(vmId, cancellation);
        if (gone is null or { Power: PowerState.Off })
        {
            throw new PlatformException(
                PlatformErrorKind.Refused, site.Name,
                gone is null
                    ? $"{run.Name} is gone from {site.Name} while it was to be seen alive there: somebody has deleted it."
                    : $"{gone.Name} went off at {site.Name} while it was to be seen alive there ({(gone.PowerDetail.Length > 0 ? gone.PowerDetail : "off")}); {what}. Look at its console and at the platform's log there.");
        }
    }

    private static async Task<(bool Passed, string What)> TryAsync(ProbeSpec probe, Run run, Site site, string vmId, CancellationToken cancellation)
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
            case ProbeKind.Http:
                return probe.Http!.Url.Contains(HttpProbe.Guest, StringComparison.Ordinal)
                    ? await AtGuestAsync(null, site, vmId, address => HttpGate.TryAsync(probe, address, cancellation), cancellation)
                    : await HttpGate.TryAsync(probe, null, cancellation);
            case ProbeKind.Ssh:
                return await AtGuestAsync(probe.Host, site, vmId, address => SshGate.TryAsync(probe, address, run.Spec.SshKeys, cancellation), cancellation);
            default:
                return await AtGuestAsync(probe.Host, site, vmId, address => ConnectAsync(address, probe.Port, cancellation), cancellation);
        }
    }

    private static async Task<(bool Passed, string What)> AtGuestAsync(
        string? host, Site site, string vmId, Func<string, Task<(bool Passed, string What)>> tryAt, CancellationToken cancellation) =>
        (host ?? (await site.InspectAsync(vmId, cancellation))?.Addresses.FirstOrDefault()) is { } address
            ? await tryAt(address)
            : (false, "the guest has told no address yet");

    private static async Task<(bool Passed, string What)> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TryLimit);
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            return (true, $"TCP {host}:{port} accepted a connection");
        }
        catch (SocketException e)
        {
            return (false, $"TCP {host}:{port}: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, $"TCP {host}:{port}: no answer within {TryLimit.TotalSeconds:0} s");
        }
    }
}
