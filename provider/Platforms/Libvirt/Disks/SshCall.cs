using System.Diagnostics;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>Short calls of a far host's shell.</summary>
internal static class SshCall
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>ssh finds its settings by HOME, and keys of an agent by its socket.</summary>
    internal static IEnumerable<string> Environment => ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"];

    internal static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>Runs a script to its end and gives what it printed.</summary>
    /// <param name="input">What it reads; null: nothing.</param>
    /// <exception cref="PlatformException">The host cannot be reached, or the script failed; with ssh's or its own words.</exception>
    internal static async Task<string> RunAsync(string site, SshAddress address, string script, CancellationToken cancellation, Stream? input = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (input is null)
        {
            limit.CancelAfter(Limit);
        }

        using var process = Start(site, address, script);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                if (input is not null)
                {
                    await input.CopyToAsync(process.StandardInput.BaseStream, limit.Token).ConfigureAwait(false);
                }

                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read all; its words say why.
            }

            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return process.ExitCode switch
            {
                0 => await output.ConfigureAwait(false),
                255 => throw new PlatformException(PlatformErrorKind.Unreachable, site, $"site {site} cannot be reached by ssh: {(await errors.ConfigureAwait(false)).Trim()}"),
                var code => throw new PlatformException(PlatformErrorKind.Refused, site, $"a call by ssh at site {site} failed with code {code}: {(await errors.ConfigureAwait(false)).Trim()}"),
            };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"a call by ssh at site {site} did not end within {Limit.TotalSeconds:0} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Starts ssh with nothing of our environment but what it needs.</summary>
    internal static Process Start(string site, SshAddress address, string script)
    {
        var start = new ProcessStartInfo(address.Program, address.Arguments([]).Append(script))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var kept = Environment.Append("PATH").Select(name => (Name: name, Value: System.Environment.GetEnvironmentVariable(name))).Where(one => one.Value is not null).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in kept)
        {
            start.Environment[name] = value;
        }

        start.Environment["LC_ALL"] = "C";
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new PlatformException(PlatformErrorKind.Unsupported, site, $"site {site} needs ssh on this machine: {exception.Message}", exception);
        }
    }
}
