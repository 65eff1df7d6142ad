using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Auth;

namespace VmMigrate.Platforms.Aws;

/// <summary>HTTP calls signed by AWSSDK.Core, for services of which no package is used: EBS direct, and one or two calls of SSM and Service Quotas.</summary>
internal sealed class SignedHttp : IDisposable
{
    private const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly AWSCredentials _keys;
    private readonly AwsSettings _settings;
    private readonly HttpClient _client;

    internal SignedHttp(AWSCredentials keys, AwsSettings settings)
    {
        (_keys, _settings) = (keys, settings);
        _client = new HttpClient(new SocketsHttpHandler
        {
            // One connection a block in flight, and some for the calls between.
            MaxConnectionsPerServer = settings.BlocksInFlight + 8,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            UseCookies = false,
            UseProxy = settings.Endpoint is null,
            AutomaticDecompression = DecompressionMethods.None,
        })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>Sends a signed request; the caller disposes the answer.</summary>
    /// <param name="query">Names and values as they are, in ordinal order of the names.</param>
    /// <param name="bodyHash">SHA-256 of the body in lower-case hex; null for no body.</param>
    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string service, string path, IReadOnlyList<(string Name, string Value)> query, IReadOnlyList<(string Name, string Value)> headers, HttpContent? body, string? bodyHash, CancellationToken cancellation)
    {
        var keys = await _keys.GetCredentialsAsync().ConfigureAwait(false);
        var root = _settings.Endpoint ?? new Uri($"https://{service}.{_settings.Region}.amazonaws.com{(_settings.Region.StartsWith("cn-", StringComparison.Ordinal) ? ".cn" : "")}");
        var canonicalQuery = string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Name)}={Uri.EscapeDataString(pair.Value)}"));
        var request = new HttpRequestMessage(method, new Uri(root, canonicalQuery.Length > 0 ? $"{path}?{canonicalQuery}" : path)) { Content = body };
        var at = TimeProvider.System.GetUtcNow().UtcDateTime;
        var signed = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = root.IsDefaultPort ? root.Host : $"{root.Host}:{root.Port}",
            ["x-amz-date"] = at.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture),
        };
        if (keys.Token is { Length: > 0 } token)
        {
            signed["x-amz-security-token"] = token;
        }

        foreach (var (name, value) in headers)
        {
            signed[name] = value;
        }

        var names = string.Join(';', signed.Keys);
        var canonical = new StringBuilder(1024).Append(method.Method).Append('\n').Append(path).Append('\n').Append(canonicalQuery).Append('\n');
        foreach (var (name, value) in signed)
        {
            canonical.Append(name).Append(':').Append(value).Append('\n');
            if (name != "host")
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        canonical.Append('\n').Append(names).Append('\n').Append(bodyHash ?? EmptyHash);
        var signature = AWS4Signer.ComputeSignature(keys, _settings.Region, at, service, names, canonical.ToString());
        request.Headers.TryAddWithoutValidation("authorization", signature.ForAuthorizationHeader);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
    }

    /// <summary>One call of a service with the JSON protocol.</summary>
    /// <exception cref="AmazonServiceException">It refused, or is out of reach.</exception>
    internal async Task<JsonElement> CallJsonAsync(string service, string target, string body, CancellationToken cancellation)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        using var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("content-type", "application/x-amz-json-1.1");
        using var reply = await SendAsync(HttpMethod.Post, service, "/", [], [("x-amz-target", target)], content, Convert.ToHexStringLower(SHA256.HashData(bytes)), cancellation).ConfigureAwait(false);
        var text = await reply.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        if (!reply.IsSuccessStatusCode)
        {
            var (code, message) = ReadError(reply, text);
            throw new AmazonServiceException(message, ErrorType.Unknown, code, "", reply.StatusCode);
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>Code and message of a refusal in JSON.</summary>
    internal static (string Code, string Message) ReadError(HttpResponseMessage reply, string text)
    {
        var code = reply.Headers.TryGetValues("x-amzn-ErrorType", out var values) ? values.First().Split(':')[0] : null;
        string? message = null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            code ??= root.TryGetProperty("__type", out var type) ? type.GetString()?.Split('#')[^1] : null;
            message = root.TryGetProperty("message", out var lower) ? lower.GetString() : root.TryGetProperty("Message", out var upper) ? upper.GetString() : null;
            if (root.TryGetProperty("Reason", out var reason))
            {
                message += $" ({reason.GetString()})";
            }
        }
        catch (JsonException)
        {
            // A proxy's page, or half an answer.
        }

        return (code ?? $"HTTP {(int)reply.StatusCode}", message ?? $"the service answered {(int)reply.StatusCode} {reply.ReasonPhrase}");
    }

    public void Dispose() => _client.Dispose();
}
