using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace VmMigrate.TestEc2;

/// <summary>
/// EC2, EBS direct and the few neighbours that a move needs, at one loopback address. It is strict: what is not signed, not known or not allowed in the present state is refused as
/// the real one refuses it. It shares no code with the driver.
/// </summary>
internal sealed class Ec2Server : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Ec2Actions _ec2;
    private readonly EbsApi _ebs;
    private readonly SignatureCheck _signatures;
    private int _busy;

    private Ec2Server(World world, int port)
    {
        World = world;
        _ec2 = new Ec2Actions(world);
        _ebs = new EbsApi(world);
        Others = new OtherApis(world);
        _signatures = new SignatureCheck(world.Time, key => world.Accounts.Find(account => account.Key == key));
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(System.Net.IPAddress.Loopback, port);
            options.Limits.MinRequestBodyDataRate = null;
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    internal World World { get; }

    internal OtherApis Others { get; }

    internal Uri Address => new(_app.Urls.First(url => url.Contains("127.0.0.1", StringComparison.Ordinal)));

    internal static string Region => "xx-test-1";

    /// <summary>Keys that the instance's metadata service hands out; null: none there.</summary>
    internal Account? MetadataAccount { get; set; }

    /// <summary>Who has logged in at the portal of IAM Identity Center, and what keys that gives; null: nobody.</summary>
    internal PortalLogin? Portal { get; set; }

    internal static async Task<Ec2Server> StartAsync(World world, int port = 0)
    {
        var server = new Ec2Server(world, port);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        lock (World.Gate)
        {
            World.Instances.ForEach(instance => instance.Running?.Dispose());
        }
    }

    /// <summary>How many calls are being worked on.</summary>
    internal int Busy => Volatile.Read(ref _busy);

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _busy);
        try
        {
            await AnswerOneAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
        }
    }

    private async Task AnswerOneAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await ReadAsync(request);
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var question = raw.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0 ? (raw, "") : (raw[..question], raw[question..]);
        if (path.StartsWith("/latest/", StringComparison.Ordinal))
        {
            await MetadataAsync(context, path);
            return;
        }

        if (path.StartsWith("/federation/", StringComparison.Ordinal) || path == "/token")
        {
            await PortalAsync(context, path, body);
            return;
        }

        string? Header(string name) => request.Headers.TryGetValue(name, out var values) ? string.Join(',', values.ToArray()) : null;
        // Refusals have the shape of the service that was asked, also where the signature is wrong.
        var service = Header("authorization")?.Split(' ').ElementAtOrDefault(1)?.Split('/') is [_, _, _, var named, ..] ? named : "ec2";
        try
        {
            Account who;
            lock (World.Gate)
            {
                (who, service, _) = _signatures.Check(request.Method, path, query, Header, body.Span);
            }

            if (service is not ("ec2" or "ebs" or "sts" or "ssm" or "servicequotas"))
            {
                throw new Ec2Error(400, "UnknownService", service);
            }

            if (World.Faults.Strikes(service switch { "ec2" => World.Faults.Throttled, "ebs" => World.Faults.BlocksThrottled, _ => 0 }))
            {
                throw service == "ec2"
                    ? new Ec2Error(503, "RequestLimitExceeded", "Request limit exceeded.")
                    : new Ec2Error(400, "RequestThrottledException", "The number of API requests has exceeded the maximum allowed API request throttling limit.", "ACCOUNT_THROTTLED");
            }

            switch (service)
            {
                case "ebs":
                    EbsApi.Reply reply;
                    World.Faults.Before?.Invoke(request.Method + " " + path);
                    var parameters = QueryHelpers.ParseQuery(query).ToDictionary(entry => entry.Key, entry => entry.Value.ToString());
                    if (World.Faults.Lose is { } lose)
                    {
                        var method = request.Method;
                        var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
                        if (lose(method + " " + path, world => new EbsApi(world).Answer(method, path, parameters, headers.GetValueOrDefault, body, who)))
                        {
                            context.Abort();
                            return;
                        }
                    }

                    lock (World.Gate)
                    {
                        Count(request.Method + (path.Contains("/completion/", StringComparison.Ordinal) ? " completion" : path.EndsWith("/blocks", StringComparison.Ordinal) ? " list" : path.EndsWith("/changedblocks", StringComparison.Ordinal) ? " changed" : path == "/snapshots" ? " start" : " block"));
                        reply = _ebs.Answer(request.Method, path, parameters, Header, body, who);
                    }

                    if (World.Faults.Strikes(World.Faults.LostReplies))
                    {
                        throw new Ec2Error(500, "InternalServerException", "An internal error has occurred.");
                    }

                    context.Response.StatusCode = reply.Status;
                    foreach (var (name, value) in reply.Headers)
                    {
                        context.Response.Headers[name] = value;
                    }

                    context.Response.ContentLength = reply.Body.Length;
                    await context.Response.Body.WriteAsync(reply.Body);
                    return;
                case "ssm" or "servicequotas":
                    var target = Header("x-amz-target") ?? throw new Ec2Error(400, "UnknownOperationException", "no target");
                    lock (World.Gate)
                    {
                        Count(target.Split('.')[^1]);
                        reply = Others.AnswerJson(target, JsonNode.Parse(body.Span)!.AsObject(), who);
                    }

                    context.Response.ContentType = "application/x-amz-json-1.1";
                    await context.Response.Body.WriteAsync(reply.Body);
                    return;
                default:
                    var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span)).ToDictionary(entry => entry.Key, entry => entry.Value.ToString());
                    var call = new QueryParameters(form);
                    var action = call.DryRun ? "DryRun " + call.Action : call.Action;
                    World.Faults.Before?.Invoke(action);
                    if (World.Faults.Lose?.Invoke(action, world => new Ec2Actions(world).Answer(new QueryParameters(form), who)) ?? false)
                    {
                        context.Abort();
                        return;
                    }

                    string text;
                    lock (World.Gate)
                    {
                        Count(call.Action);
                        text = service == "sts" ? Others.AnswerSts(call, who) : _ec2.Answer(call, who);
                    }

                    if (World.Faults.Strikes(World.Faults.LostReplies))
                    {
                        throw new Ec2Error(500, "InternalError", "An internal error has occurred.");
                    }

                    context.Response.ContentType = "text/xml;charset=UTF-8";
                    await context.Response.WriteAsync(text);
                    return;
            }
        }
        catch (Ec2Error e)
        {
            await RefuseAsync(context, service, e);
        }
    }

    private void Count(string action) => World.Calls[action] = World.Calls.GetValueOrDefault(action) + 1;

    private static async Task RefuseAsync(HttpContext context, string service, Ec2Error e)
    {
        context.Response.StatusCode = e.Status;
        switch (service)
        {
            case "ebs" or "ssm" or "servicequotas":
                context.Response.Headers["x-amzn-ErrorType"] = e.Code;
                context.Response.ContentType = "application/json";
                var body = new JsonObject { ["__type"] = e.Code, ["Message"] = e.Message };
                if (e.Reason is { } reason)
                {
                    body["Reason"] = reason;
                }

                await context.Response.WriteAsync(body.ToJsonString());
                return;
            case "sts":
                await context.Response.WriteAsync(new XElement("ErrorResponse", new XElement("Error", new XElement("Type", "Sender"), new XElement("Code", e.Code), new XElement("Message", e.Message)), new XElement("RequestId", Guid.NewGuid())).ToString());
                return;
            default:
                context.Response.ContentType = "text/xml;charset=UTF-8";
                await context.Response.WriteAsync(new XElement("Response", new XElement("Errors", new XElement("Error", new XElement("Code", e.Code), new XElement("Message", e.Message))), new XElement("RequestID", Guid.NewGuid())).ToString());
                return;
        }
    }

    private async Task MetadataAsync(HttpContext context, string path)
    {
        if (path == "/latest/api/token" && context.Request.Method == "PUT")
        {
            await context.Response.WriteAsync("metadata-token");
            return;
        }

        if (context.Request.Headers["X-aws-ec2-metadata-token"] != "metadata-token" || MetadataAccount is not { } account)
        {
            context.Response.StatusCode = MetadataAccount is null ? 404 : 401;
            return;
        }

        var answer = path.TrimEnd('/') switch
        {
            "/latest/meta-data/iam/security-credentials" => "mover-role",
            "/latest/meta-data/iam/security-credentials/mover-role" => new JsonObject
            {
                ["Code"] = "Success",
                ["LastUpdated"] = "2026-01-01T00:00:00Z",
                ["Type"] = "AWS-HMAC",
                ["AccessKeyId"] = account.Key,
                ["SecretAccessKey"] = account.Secret,
                ["Token"] = account.Token,
                ["Expiration"] = "2099-01-01T00:00:00Z",
            }.ToJsonString(),
            _ => null,
        };
        if (answer is null)
        {
            context.Response.StatusCode = 404;
            return;
        }

        lock (World.Gate)
        {
            Count("metadata role");
        }

        await context.Response.WriteAsync(answer);
    }

    /// <summary>IAM Identity Center: GetRoleCredentials of its portal, and CreateToken of its OIDC service, whose token this portal takes.</summary>
    private async Task PortalAsync(HttpContext context, string path, ReadOnlyMemory<byte> body)
    {
        JsonObject answer;
        var portal = Portal;
        if (path == "/token" && portal is not null)
        {
            var asked = JsonNode.Parse(body.Span)!;
            lock (World.Gate)
            {
                Count("CreateToken");
            }

            var isRight = (string?)asked["grantType"] == "refresh_token" && (string?)asked["refreshToken"] == portal.RefreshToken && (string?)asked["clientId"] == portal.ClientId;
            context.Response.StatusCode = isRight ? 200 : 400;
            answer = isRight
                ? new JsonObject { ["accessToken"] = portal.AccessToken, ["tokenType"] = "Bearer", ["expiresIn"] = 28800, ["refreshToken"] = portal.RefreshToken }
                : new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "Invalid grant provided" };
        }
        else
        {
            var query = context.Request.Query;
            lock (World.Gate)
            {
                Count("GetRoleCredentials");
            }

            var isRight = portal is not null && context.Request.Headers["x-amz-sso_bearer_token"] == portal.AccessToken && query["role_name"] == "Mover" && query["account_id"] == World.Owner;
            context.Response.StatusCode = isRight ? 200 : 401;
            answer = isRight
                ? new JsonObject
                {
                    ["roleCredentials"] = new JsonObject
                    {
                        ["accessKeyId"] = portal!.Account.Key,
                        ["secretAccessKey"] = portal.Account.Secret,
                        ["sessionToken"] = portal.Account.Token,
                        ["expiration"] = World.Now.AddHours(1).ToUnixTimeMilliseconds(),
                    },
                }
                : new JsonObject { ["message"] = "Session token not found or invalid" };
            if (!isRight)
            {
                context.Response.Headers["x-amzn-ErrorType"] = "UnauthorizedException";
            }
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength is { } length)
        {
            var exact = GC.AllocateUninitializedArray<byte>((int)length);
            await request.Body.ReadExactlyAsync(exact);
            return exact;
        }

        using var memory = new MemoryStream();
        await request.Body.CopyToAsync(memory);
        return memory.ToArray();
    }
}

/// <param name="Account">The keys of role <c>Mover</c> for whoever has the token.</param>
internal sealed record PortalLogin(string AccessToken, string RefreshToken, string ClientId, Account Account);
