using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace VmMigrate.TestEc2;

/// <summary>
/// The cheapest place that blocks can be sent to, for measuring who sends them: it takes them in, keeps nothing and checks no signature. As EBS does, it digests what it receives and refuses what is
/// not what its checksum says. Blocks that come as plain PUTs go the same way but for the comparison.
/// </summary>
internal static class BlockSink
{
    internal static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return app;
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        switch (context.Request.Method)
        {
            case "PUT":
                var digest = await DigestAsync(context.Request);
                if (context.Request.Headers.TryGetValue("x-amz-checksum", out var told))
                {
                    if (told != digest)
                    {
                        context.Response.StatusCode = 400;
                        return;
                    }

                    context.Response.Headers["x-amz-Checksum"] = digest;
                    context.Response.Headers["x-amz-Checksum-Algorithm"] = "SHA256";
                }

                context.Response.StatusCode = 201;
                await JsonAsync(context, "{}");
                return;
            case "POST" when path == "/snapshots":
                context.Response.StatusCode = 201;
                await JsonAsync(context, "{\"SnapshotId\":\"snap-00000000000000001\",\"Status\":\"pending\"}");
                return;
            default:
                context.Response.StatusCode = 202;
                await JsonAsync(context, "{\"Status\":\"completed\"}");
                return;
        }
    }

    private static async Task<string> DigestAsync(HttpRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            foreach (var part in read.Buffer)
            {
                hash.AppendData(part.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return Convert.ToBase64String(hash.GetHashAndReset());
            }
        }
    }

    private static async Task JsonAsync(HttpContext context, string text)
    {
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text);
    }
}
