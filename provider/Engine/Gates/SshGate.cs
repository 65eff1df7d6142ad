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
        var what = $"\"{probe.Ssh!.Command}\" over SSH at {address}";
        var ran = await LogInAsync(probe, address, keys, probe.Ssh.Command, null, TryLimit, cancellation);
        return ran.Code switch
        {
            null => (false, $"SSH to {address}: {ran.Errors}"),
            SshFailed => (false, $"{what}: {Last(ran.Errors)}"),
            0 when probe.Contains is { } text && !ran.Output.Contains(text, StringComparison.Ordinal) => (false, $"{what} does not print \"{text}\""),
            0 => (true, $"{what} succeeded"),
            _ => (false, $"{what} ended with {ran.Code}{(Last(ran.Errors) is { Length: > 0 } said ? $": {said}" : "")}"),
        };
    }

    /// <summary>Runs the command as a script that a shell reads, so that no list of processes shows it on either side; within the probe's timeout.</summary>
    /// <returns>Whether it ended with 0, and if not, how.</returns>
    internal static async Task<(bool Ended, string What)> RunScriptAsync(ProbeSpec hook, string address, SshKeys keys, CancellationToken cancellation)
    {
        // Read whole before its first command runs, which must not find the rest of the script in its input.
        var ran = await LogInAsync(hook, address, keys, "exec sh -s", $"(\n{hook.Ssh!.Command}\n) </dev/null\n", hook.Timeout, cancellation);
        return ran.Code switch
        {
            0 => (true, "ended well"),
            null => (false, $"did not end: {ran.Errors}"),
            SshFailed => (false, $"ended with {SshFailed}, or its connection was lost{Said(ran.Errors)}"),
            _ => (false, $"ended with {ran.Code}{Said(ran.Errors)}"),
        };

        static string Said(string errors) => Last(errors) is { Length: > 0 } said ? $": {said}" : "";
    }

    /// <returns>No code where there was no login, or it took too long; what went wrong is in the errors then.</returns>
    private static async Task<(int? Code, string Output, string Errors)> LogInAsync(
        ProbeSpec probe, string address, SshKeys keys, string command, string? input, TimeSpan longest, CancellationToken cancellation)
    {
        var ssh = probe.Ssh!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(longest);
        var folder = Directory.CreateTempSubdirectory("vmmigrate-ssh-");
        try
        {
            await using var agent = ssh.Key is { } name
                ? await KeyAgent.StartAsync(folder.FullName, keys.Find(name) ?? throw new IOException($"the provider's config has no SSH key \"{name}\""), limit.Token)
                : null;
            return await RunAsync("ssh", Arguments(probe, address, folder.FullName, agent?.Socket, command), input, limit.Token);
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            return (null, "", e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, "", $"not done within {longest.TotalSeconds:0} s");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<string> Arguments(ProbeSpec probe, string address, string folder, string? agent, string command)
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
            // A key that the account knows is insisted on (the files are ssh_config(5)'s usual ones). Another is taken for this login only: a new one is written to the first file.
            arguments.AddRange([
                "-o", "StrictHostKeyChecking=accept-new", "-o", "UpdateHostKeys=no", "-o", $"UserKnownHostsFile=\"{Path.Combine(folder, "known_hosts")}\" ~/.ssh/known_hosts ~/.ssh/known_hosts2",
            ]);
        }

        // After "--" nothing is an option, whatever an address or a user is called.
        arguments.AddRange(["-l", ssh.User, "--", address, command]);
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
