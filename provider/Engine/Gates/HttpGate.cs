using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Text;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Gates;

/// <summary>An HTTP request whose answer has the declared status, text and pace.</summary>
internal static class HttpGate
{
    /// <summary>A health page is short; what comes after this much is not looked at.</summary>
    private const int MostBodyBytes = 1 << 20;

    internal static string Describe(ProbeSpec probe)
    {
        var http = probe.Http!;
        return $"GET {http.Url} answers {http.Status}"
            + (probe.Contains is { } text ? $" with \"{text}\"" : "")
            + (http.MaxLatency is { } most ? $" in at most {Human.Duration(most)}" : "");
    }

    /// <param name="address">What stands for the guest in the URL; null where the URL needs none.</param>
    internal static async Task<(bool Passed, string What)> TryAsync(ProbeSpec probe, string? address, CancellationToken cancellation)
    {
        var http = probe.Http!;
        var url = address is null ? http.Url : http.Url.Replace(HttpProbe.Guest, address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address, StringComparison.Ordinal);
        var most = http.MaxLatency is { } latency && latency > GuestProbe.TryLimit ? latency : GuestProbe.TryLimit;
        var since = Stopwatch.GetTimestamp();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(most);

            // What counts is the guest's own first answer: not where it sends us, not what a proxy or a kept connection says.
            using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
            if (!http.VerifyCertificate)
            {
#pragma warning disable CA5359 // As declared: a gate asks whether the guest is alive, and sends nothing.
                handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
#pragma warning restore CA5359
            }

            using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
            using var answer = await client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var body = await ReadAsync(answer.Content, limit.Token);
            var took = Stopwatch.GetElapsedTime(since);
            return answer.StatusCode != (HttpStatusCode)http.Status ? (false, $"{url} answers {(int)answer.StatusCode}, not {http.Status}")
                : probe.Contains is { } text && !body.Contains(text, StringComparison.Ordinal) ? (false, $"{url} answers {http.Status} without \"{text}\"")
                : http.MaxLatency is { } fastest && took > fastest ? (false, $"{url} takes {Human.Duration(took)} to answer")
                : (true, $"{url} answered {http.Status}{(probe.Contains is { } found ? $" with \"{found}\"" : "")} in {Human.Duration(took)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (false, $"{url}: {(e.InnerException ?? e).Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, $"{url}: no whole answer within {Human.Duration(most)}");
        }
    }

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var body = new byte[MostBodyBytes];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(body, 0, length);
    }
}
