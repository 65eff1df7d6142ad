using System.Net;
using Grpc.Net.Client;

namespace VmMigrate.Host.Pulumi;

/// <summary>Connections to the engine that started us.</summary>
internal static class EngineChannel
{
    /// <summary>What the engine takes at most in one message, and sends: 400 MiB.</summary>
    internal const int LargestMessageBytes = 400 * 1024 * 1024;

    /// <summary>Makes a channel; connects when it is first used.</summary>
    /// <param name="address">Host and port, such as <c>127.0.0.1:40123</c>.</param>
    /// <exception cref="UriFormatException">It is no such address.</exception>
    internal static GrpcChannel Open(string address) => GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = LargestMessageBytes,
        MaxSendMessageSize = LargestMessageBytes,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            // The engine is on this machine: HTTP_PROXY is not meant for it.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        },
    });
}
