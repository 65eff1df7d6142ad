using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>The managers that a server has, from its service content.</summary>
internal sealed record ServiceContent(XElement Content)
{
    internal bool IsVCenter => Content.Text("about/apiType") == "VirtualCenter";

    internal string ApiVersion => Content.Text("about/apiVersion") ?? "";

    internal string FullName => Content.Text("about/fullName") ?? "";

    /// <summary>Null for a bare ESXi host.</summary>
    internal string? InstanceUuid => Content.Text("about/instanceUuid") is { Length: > 0 } uuid ? uuid : null;

    internal MoRef RootFolder => Content.RefAt("rootFolder")!.Value;

    internal MoRef PropertyCollector => Content.RefAt("propertyCollector")!.Value;

    internal MoRef? Manager(string name) => Content.RefAt(name);
}

/// <summary>
/// vim25 over HTTPS with one session, opened at the first call and again when the server has forgotten it. Safe for calls from several threads.
/// </summary>
/// <remarks>Source: vSphere Web Services SDK programming guide; the SOAP calls are those of version 6.5, which 7 and 8 still take.</remarks>
internal sealed class VimClient : IAsyncDisposable
{
    private const string CookieName = "vmware_soap_session";

    /// <summary>The longest that a call takes that is no wait: creating a big inventory view takes some seconds.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(3);

    /// <summary>A vCenter forgets a session after 30 minutes without a call, and disks are read for hours without one.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(10);

    private readonly string _site;
    private readonly VSphereAddress _address;
    private readonly TimeProvider _time;
    private readonly ServerTrust _trust;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile Session? _session;
    private ITimer? _keeper;

    internal VimClient(string site, VSphereAddress address, TimeProvider time)
    {
        _site = site;
        _address = address;
        _time = time;
        _trust = new ServerTrust(address.CaFile, address.Thumbprint);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            SslOptions = { RemoteCertificateValidationCallback = _trust.Accepts },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <param name="Key">The server's name for it; null where somebody else has opened it.</param>
    private sealed record Session(ServiceContent Content, string Cookie, string? Key);

    internal string Site => _site;

    internal VSphereAddress Address => _address;

    internal string? Sha1Thumbprint => _trust.Sha1;

    /// <summary>Whether another server's certificate is right by the site's own rules.</summary>
    internal bool Trusts(System.Security.Cryptography.X509Certificates.X509Certificate? certificate, System.Security.Cryptography.X509Certificates.X509Chain? chain, System.Net.Security.SslPolicyErrors errors) =>
        _trust.Judge(certificate, chain, errors);

    /// <summary>For content of datastores and of leases: the same connections and the same trust.</summary>
    internal HttpClient Http => _http;

    /// <summary>The session's cookie, for requests besides SOAP.</summary>
    internal async Task<string> CookieAsync(CancellationToken cancellation) => $"{CookieName}=\"{(await OpenAsync(cancellation).ConfigureAwait(false)).Cookie}\"";

    /// <summary>What the server is. Opens the session where there is none.</summary>
    internal async Task<ServiceContent> ContentAsync(CancellationToken cancellation) => (await OpenAsync(cancellation).ConfigureAwait(false)).Content;

    /// <summary>What privileges are asked for; null where the server does not tell.</summary>
    internal async Task<string?> SessionKeyAsync(string what, CancellationToken cancellation)
    {
        var session = await OpenAsync(cancellation).ConfigureAwait(false);
        return session.Key ?? (session.Content.Manager("sessionManager") is { } sessions
            ? (await this.ReadOneAsync(what, sessions, ["currentSession"], cancellation).ConfigureAwait(false))?["currentSession"].Text("key")
            : null);
    }

    /// <summary>A call that only reads: done again once where the connection breaks.</summary>
    internal async Task<XElement> ReadAsync(string what, MoRef on, string method, CancellationToken cancellation, params object?[] arguments)
    {
        try
        {
            return await CallAsync(what, on, method, CallLimit, arguments, cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.Kind is PlatformErrorKind.Lost or PlatformErrorKind.Unreachable && exception.NativeCode is null)
        {
            return await CallAsync(what, on, method, CallLimit, arguments, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A call that changes something. Where the connection breaks it is not known whether it had its effect (<see cref="PlatformErrorKind.Lost"/>).</summary>
    internal Task<XElement> ChangeAsync(string what, MoRef on, string method, CancellationToken cancellation, params object?[] arguments) =>
        CallAsync(what, on, method, CallLimit, arguments, cancellation);

    /// <summary>A call that the server answers when something happens.</summary>
    internal Task<XElement> WaitAsync(string what, MoRef on, string method, TimeSpan limit, CancellationToken cancellation, params object?[] arguments) =>
        CallAsync(what, on, method, limit, arguments, cancellation);

    /// <summary>The error of a connection that could not be opened or that broke, with the certificate's part where that was to blame.</summary>
    internal PlatformException Broken(string what, Exception exception)
    {
        var reason = exception;
        while (reason.InnerException is { } inner && exception is HttpRequestException)
        {
            reason = inner;
        }

        return exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError } opening
            ? opening.HttpRequestError == HttpRequestError.SecureConnectionError && _trust.WhyRefused is { } why
                ? new PlatformException(PlatformErrorKind.Denied, _site, $"{what}: {_address.Server} is not trusted: {why}", exception)
                : new PlatformException(PlatformErrorKind.Unreachable, _site, $"{what}: {_address.Server} cannot be reached: {reason.Message}", exception)
            : new PlatformException(PlatformErrorKind.Lost, _site, $"{what}: the connection to {_address.Server} broke while the call was under way, so it may or may not have had its effect: {reason.Message}", exception);
    }

    private async Task<XElement> CallAsync(string what, MoRef on, string method, TimeSpan limit, object?[] arguments, CancellationToken cancellation)
    {
        var session = await OpenAsync(cancellation).ConfigureAwait(false);
        var call = new XElement(VimXml.Vim + method, Ref("_this", on), arguments);
        try
        {
            return (await PostAsync(what, call, session.Cookie, limit, cancellation).ConfigureAwait(false)).Body;
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.NotAuthenticated)
        {
            // It was refused before anything was done, so it may be said again.
            await ForgetAsync(session, cancellation).ConfigureAwait(false);
            session = await OpenAsync(cancellation).ConfigureAwait(false);
            return (await PostAsync(what, call, session.Cookie, limit, cancellation).ConfigureAwait(false)).Body;
        }
    }

    private async Task<Session> OpenAsync(CancellationToken cancellation)
    {
        if (_session is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return _session ??= await LogInAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task ForgetAsync(Session old, CancellationToken cancellation)
    {
        await _opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_session == old)
            {
                _session = null;
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<Session> LogInAsync(CancellationToken cancellation)
    {
        try
        {
            _trust.Load();
        }
        catch (IOException exception)
        {
            throw new PlatformException(PlatformErrorKind.Refused, _site, $"site {_site} ({_address.Server}): {exception.Message}", exception);
        }

        var what = $"site {_site} ({_address.Server}) cannot be entered";
        var reply = await PostAsync(
            what,
            new XElement(VimXml.Vim + "RetrieveServiceContent", Ref("_this", new MoRef("ServiceInstance", "ServiceInstance"))),
            _address.SessionToken,
            CallLimit,
            cancellation).ConfigureAwait(false);
        var content = new ServiceContent(reply.Body.Child("returnval") ?? throw Nonsense(what, "its service content is empty"));
        if (_address.SessionToken is { } token)
        {
            if (content.Manager("sessionManager") is null)
            {
                throw new PlatformException(PlatformErrorKind.Denied, _site, $"{what}: the session token is not valid any more; get a new one, or give user and password");
            }

            Keep();
            return new Session(content, token, null);
        }

        var sessions = content.Manager("sessionManager") ?? throw Nonsense(what, "it has no session manager");
        var login = await PostAsync(
            what,
            new XElement(VimXml.Vim + "Login", Ref("_this", sessions), El("userName", _address.User ?? ""), El("password", _address.Password ?? "")),
            reply.Cookie,
            CallLimit,
            cancellation).ConfigureAwait(false);
        Keep();
        return new Session(content, login.Cookie ?? reply.Cookie ?? throw Nonsense(what, "it answered the login without a session cookie"), login.Body.Text("returnval/key"));
    }

    private void Keep() => _keeper ??= _time.CreateTimer(
        _ =>
        {
            if (_session is { } session)
            {
                _ = StayAsync(session);
            }
        },
        null,
        KeepAlive,
        KeepAlive);

    private async Task StayAsync(Session session)
    {
        try
        {
            await PostAsync(
                "keeping the session",
                new XElement(VimXml.Vim + "CurrentTime", Ref("_this", new MoRef("ServiceInstance", "ServiceInstance"))),
                session.Cookie,
                CallLimit,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (PlatformException)
        {
            // The next real call says what is wrong.
        }
    }

    private async Task<(XElement Body, string? Cookie)> PostAsync(string what, XElement call, string? cookie, TimeSpan limit, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Post, _address.Sdk)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Envelope(call))) { Headers = { ContentType = new MediaTypeHeaderValue("text/xml", "utf-8") } },
        };
        request.Headers.Add("SOAPAction", "urn:vim25/6.5");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", $"{CookieName}=\"{cookie}\"");
        }

        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.InternalServerError))
            {
                throw FromStatus(what, response);
            }

            var stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var body = await ReadBodyAsync(stream, both.Token).ConfigureAwait(false);
                return body.Name.LocalName == "Fault" ? throw VSphereErrors.FromFault(_site, what, body) : (body, CookieOf(response));
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, _site, $"{what}: {_address.Server} did not answer {call.Name.LocalName} within {limit.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Broken(what, exception);
        }
        catch (XmlException exception)
        {
            // A reply that was cut off is no XML either.
            throw new PlatformException(PlatformErrorKind.Lost, _site, $"{what}: the reply of {_address.Server} to {call.Name.LocalName} cannot be read, so it may or may not have had its effect: {exception.Message}", exception);
        }
    }

    private PlatformException FromStatus(string what, HttpResponseMessage response)
    {
        var kind = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => PlatformErrorKind.Denied,
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.TooManyRequests => PlatformErrorKind.Unreachable,
            _ => PlatformErrorKind.Refused,
        };
        return new PlatformException(kind, _site, $"{what}: {_address.Server} answered {(int)response.StatusCode} {response.ReasonPhrase}") { NativeCode = $"HTTP {(int)response.StatusCode}" };
    }

    private PlatformException Nonsense(string what, string why) => new(PlatformErrorKind.Refused, _site, $"{what}: {why}; is it a vCenter or an ESXi host?");

    private static string? CookieOf(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            return null;
        }

        var ours = cookies.FirstOrDefault(cookie => cookie.StartsWith(CookieName + "=", StringComparison.OrdinalIgnoreCase));
        return ours?[(CookieName.Length + 1)..].Split(';')[0].Trim().Trim('"');
    }

    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null)
        {
            await _keeper.DisposeAsync().ConfigureAwait(false);
        }

        // Sessions that others gave us are theirs to end.
        if (_session is { } session && _address.SessionToken is null && session.Content.Manager("sessionManager") is { } sessions)
        {
            try
            {
                await PostAsync("logging out", new XElement(VimXml.Vim + "Logout", Ref("_this", sessions)), session.Cookie, TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(false);
            }
            catch (PlatformException)
            {
                // It ends by itself.
            }
        }

        _http.Dispose();
        _opening.Dispose();
    }
}
