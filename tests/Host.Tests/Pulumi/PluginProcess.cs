using System.Diagnostics;
using Grpc.Net.Client;
using VmMigrate.Host.Protos.Pulumi;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>The sample provider as a process of its own, started as the engine would.</summary>
internal sealed class PluginProcess : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private PluginProcess(Process process, string portLine)
    {
        Process = process;
        PortLine = portLine;
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{portLine}", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        Client = new ResourceProvider.ResourceProviderClient(_channel);
    }

    internal Process Process { get; }

    internal string PortLine { get; }

    internal ResourceProvider.ResourceProviderClient Client { get; }

    internal static async Task<PluginProcess> StartAsync(
        string[] arguments, CancellationToken cancellation, string? folder = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "VmMigrate.SampleProvider.exe" : "VmMigrate.SampleProvider"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        cancellation.Register(process.Kill);
        var line = await process.StandardOutput.ReadLineAsync(cancellation);
        if (line is null)
        {
            throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(cancellation));
        }

        return new PluginProcess(process, line);
    }

    internal async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end: its exit code, and what it printed after the port line.</summary>
    internal async Task<(int Exit, string Output, string Errors)> EndAsync(CancellationToken cancellation)
    {
        await Process.WaitForExitAsync(cancellation);
        return (Process.ExitCode, await Process.StandardOutput.ReadToEndAsync(cancellation), await Process.StandardError.ReadToEndAsync(cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }
}
