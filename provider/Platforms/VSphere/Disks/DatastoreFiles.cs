using System.Net;
using System.Net.Http.Headers;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere.Disks;

/// <summary>Files of one datacenter's datastores by their HTTPS addresses (<c>/folder/PATH?dcPath=...&amp;dsName=...</c>).</summary>
/// <remarks>Reads may ask for ranges; a write is the whole file. Needs the privilege Datastore.FileManagement or Datastore.Browse.</remarks>
internal sealed class DatastoreFiles(VimClient client, string? datacenterPath)
{
    internal Uri AddressOf(DatastorePath file)
    {
        var path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        var query = $"dsName={Uri.EscapeDataString(file.Datastore)}";
        return new Uri(client.Address.Sdk, $"/folder/{path}?{(datacenterPath is null ? "" : $"dcPath={Uri.EscapeDataString(datacenterPath)}&")}{query}");
    }

    /// <summary>How long a file is; null when it is not there.</summary>
    internal async Task<long?> LengthAsync(DatastorePath file, CancellationToken cancellation)
    {
        using var response = await SendAsync(file, HttpMethod.Head, null, null, cancellation).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.NotFound ? null : Good(file, response).Content.Headers.ContentLength;
    }

    /// <summary>A small file as text; null when it is not there.</summary>
    internal async Task<string?> ReadTextAsync(DatastorePath file, long mostBytes, CancellationToken cancellation)
    {
        if (await LengthAsync(file, cancellation).ConfigureAwait(false) is not { } length)
        {
            return null;
        }

        if (length == 0)
        {
            return "";
        }

        var range = new RangeHeaderValue(Math.Max(0, length - mostBytes), length - 1);
        using var response = await SendAsync(file, HttpMethod.Get, range, null, cancellation).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await Good(file, response).Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
    }

    internal async Task WriteTextAsync(DatastorePath file, string text, CancellationToken cancellation)
    {
        using var content = new StringContent(text);
        using var response = await SendAsync(file, HttpMethod.Put, null, content, cancellation).ConfigureAwait(false);
        Good(file, response);
    }

    /// <summary>Writes a whole file from what <paramref name="content"/> sends.</summary>
    internal async Task WriteAsync(DatastorePath file, HttpContent content, CancellationToken cancellation)
    {
        using var response = await SendAsync(file, HttpMethod.Put, null, content, cancellation).ConfigureAwait(false);
        Good(file, response);
    }

    internal async Task<HttpResponseMessage> SendAsync(DatastorePath file, HttpMethod method, RangeHeaderValue? range, HttpContent? content, CancellationToken cancellation)
    {
        for (var again = false; ; again = true)
        {
            using var request = new HttpRequestMessage(method, AddressOf(file)) { Content = content };
            request.Headers.Range = range;
            request.Headers.Add("Cookie", await client.CookieAsync(cancellation).ConfigureAwait(false));
            HttpResponseMessage response;
            try
            {
                response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            }
            catch (HttpRequestException exception)
            {
                throw client.Broken($"{method} of {file}", exception);
            }

            // A session that was forgotten is opened anew by the next call.
            if (response.StatusCode == HttpStatusCode.Unauthorized && !again && content is null)
            {
                response.Dispose();
                await client.ReadAsync("keeping the session", new MoRef("ServiceInstance", "ServiceInstance"), "CurrentTime", cancellation).ConfigureAwait(false);
                continue;
            }

            return response;
        }
    }

    /// <summary>The response, when it tells of success.</summary>
    internal HttpResponseMessage Good(DatastorePath file, HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        var kind = response.StatusCode switch
        {
            HttpStatusCode.NotFound => PlatformErrorKind.NotFound,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => PlatformErrorKind.Denied,
            HttpStatusCode.InsufficientStorage => PlatformErrorKind.Full,
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => PlatformErrorKind.Unreachable,
            _ => PlatformErrorKind.Refused,
        };
        var why = response.StatusCode == HttpStatusCode.InternalServerError ? "; a file that a running VM holds is refused so" : "";
        return response.RequestMessage?.Method is { } method
            ? throw new PlatformException(kind, client.Site, $"{method} of {file} at site {client.Site}: {client.Address.Server} answered {(int)response.StatusCode} {response.ReasonPhrase}{why}") { NativeCode = $"HTTP {(int)response.StatusCode}" }
            : throw new PlatformException(kind, client.Site, $"{file} at site {client.Site}: {(int)response.StatusCode}");
    }
}
