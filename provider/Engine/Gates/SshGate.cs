using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Gates;

/// <summary>A command in the guest, over the system's SSH client, that ends with 0 and, where declared, prints a text.</summary>
/// <remarks>A key from the provider's config goes from memory into an agent of its own: never to a disk, an argument or the environment.</remarks>
internal static class SshGate
{
    private const int MostOutput = 1 << 20;

    /// <summary>ssh's own exit code for its own failures (ssh(1)).</summary>
    private const int SshFailed = 255;

    /// <summary>A login with a slow name look-up takes some seconds.</summary>
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(30);

    internal static string Describe(ProbeSpec probe) =>
        $"\"{probe.Ssh!.Command}\" over SSH as {probe.Ssh.User}@{probe.Host ?? "guest"}{(probe.Port == 22 ? "" : $":{probe.Port}")} succeeds"
        + (probe.Contains is { } text ? $" and prints \"{text}\"" : "");

    internal static async Task<(bool Passed, string What)> TryAsync(ProbeSpec probe, string address, SshKeys keys, CancellationToken cancellation)
    {
        var ssh = probe.Ssh!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TryLimit);
        var folder = Directory.CreateTempSubdirectory("vmmigrate-ssh-");
        try
        {
            await using var agent = ssh.Key is { } name
                ? await KeyAgent.StartAsync(folder.FullName, keys.Find(name) ?? throw new IOException($"the provider's config has no SSH key \"{name}\""), limit.Token)
                : null;
            var (code, output, errors) = await RunAsync("ssh", Arguments(probe, address, folder.FullName, agent?.Socket), null, limit.Token);
            var what = $"\"{ssh.Command}\" over SSH at {address}";
            return code == SshFailed ? (false, $"{what}: {Last(errors)}")
                : code != 0 ? (false, $"{what} ended with {code}{(Last(errors) is { Length: > 0 } said ? $": {said}" : "")}")
                : probe.Contains is { } text && !output.Contains(text, StringComparison.Ordinal) ? (false, $"{what} does not print \"{text}\"")
                : (true, $"{what} succeeded");
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            return (false, $"SSH to {address}: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (false, $"SSH to {address}: not done within {TryLimit.TotalSeconds:0} s");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<string> Arguments(ProbeSpec probe, string address, string folder, string? agent)
    {
        var ssh = probe.Ssh!;
        List<string> arguments = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=5", "-p", probe.Port.ToString(CultureInfo.InvariantCulture)];
        if (agent is not null)
        {
            arguments.AddRange(["-o", $"IdentityAgent={agent}", "-o", "IdentityFile=none"]);
        }
        else if (ssh.KeyFile is { } file)
        {
            arguments.AddRange(["-i", file, "-o", "IdentitiesOnly=yes"]);
        }

        if (ssh.HostKey is { } key)
        {
            var known = Path.Combine(folder, "known_hosts");
            File.WriteAllText(known, $"guest {key}\n");
            arguments.AddRange(["-o", $"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "HostKeyAlias=guest", "-o", "StrictHostKeyChecking=yes"]);
        }
        else
        {
            arguments.AddRange(["-o", "StrictHostKeyChecking=accept-new"]);
        }

        // After "--" nothing is an option, whatever an address or a user is called.
        arguments.AddRange(["-l", ssh.User, "--", address, ssh.Command]);
        return arguments;
    }

    private static string Last(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";

    /// <param name="input">What the program reads; null: nothing.</param>
    private static async Task<(int Code, string Output, string Errors)> RunAsync(string program, IEnumerable<string> arguments, string? input, CancellationToken cancellation, string? agent = null)
    {
        using var process = Start(program, arguments, agent);
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
            }

            process.StandardInput.Close();
            var (output, errors) = (ReadAsync(process.StandardOutput, cancellation), ReadAsync(process.StandardError, cancellation));
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(string program, IEnumerable<string> arguments, string? agent)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (agent is not null)
        {
            start.Environment["SSH_AUTH_SOCK"] = agent;
        }

        return Process.Start(start) ?? throw new IOException($"{program} could not be started");
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellation)
    {
        var text = new char[MostOutput];
        var length = await reader.ReadBlockAsync(text.AsMemory(), cancellation);
        while (await reader.ReadAsync(new char[4096].AsMemory(), cancellation) > 0)
        {
            // A command that prints without end must not block on us.
        }

        return new string(text, 0, length);
    }

    /// <summary>An SSH agent that holds one key for as long as it is open.</summary>
    private sealed class KeyAgent : IAsyncDisposable
    {
        private readonly Process _process;

        private KeyAgent(Process process, string socket) => (_process, Socket) = (process, socket);

        internal string Socket { get; }

        internal static async Task<KeyAgent> StartAsync(string folder, string key, CancellationToken cancellation)
        {
            var socket = Path.Combine(folder, "agent");
            var agent = new KeyAgent(SshGate.Start("ssh-agent", ["-D", "-a", socket], null), socket);
            try
            {
                while (!File.Exists(socket))
                {
                    if (agent._process.HasExited)
                    {
                        throw new IOException("ssh-agent did not start");
                    }

                    await Task.Delay(20, cancellation);
                }

                var (code, _, errors) = await RunAsync("ssh-add", ["-q", "-"], key.EndsWith('\n') ? key : key + "\n", cancellation, socket);
                return code == 0 ? agent : throw new IOException($"the SSH key was not accepted: {Last(errors)}");
            }
            catch
            {
                await agent.DisposeAsync();
                throw;
            }
        }

        public ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
