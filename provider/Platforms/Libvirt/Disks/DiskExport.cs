using System.Diagnostics;
using System.Text;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// A running server and the socket to reach it. The server ends by itself once its last client is gone; disposing waits for that, because only
/// then the image is flushed, closed and free for others.
/// </summary>
internal sealed class DiskExport(Process process, ServingFolder folder) : IAsyncDisposable
{
    /// <summary>Closing an image flushes it; a slow disk with a full cache takes its time. Beyond this it hangs.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private const int MostWords = 4096;

    private readonly StringBuilder _words = new();

    internal string SocketPath => folder.SocketPath;

    internal bool HasEnded => process.HasExited;

    /// <summary>What the server has said on stderr.</summary>
    internal string Words
    {
        get
        {
            lock (_words)
            {
                return _words.ToString().Trim();
            }
        }
    }

    /// <summary>Starts the program with nothing of our environment but what it needs to be found and to be understood.</summary>
    internal static DiskExport Start(string program, IEnumerable<string> arguments, ServingFolder folder, IEnumerable<string> keepEnvironment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var kept = keepEnvironment.Append("PATH").Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name))).Where(one => one.Value is not null).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in kept)
        {
            start.Environment[name] = value;
        }

        start.Environment["LC_ALL"] = "C";
        var export = new DiskExport(Process.Start(start)!, folder);
        export.Listen();
        return export;
    }

    private void Listen()
    {
        folder.NoteServer(process.Id);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until it has ended and everything it said was heard, within a limit.</summary>
    internal async Task<bool> HasEndedWithinAsync(TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            await process.WaitForExitAsync(cancellation).WaitAsync(limit, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>For a program that does its work and ends: null when it succeeded, else its words.</summary>
    internal async Task<string?> OutcomeAsync(CancellationToken cancellation)
    {
        if (!await HasEndedWithinAsync(EndLimit, cancellation).ConfigureAwait(false))
        {
            process.Kill(entireProcessTree: true);
            return $"no answer within {EndLimit.TotalSeconds:0} s";
        }

        return process.ExitCode == 0 ? null : Words.Length > 0 ? Words : $"it ended with code {process.ExitCode}";
    }

    public async ValueTask DisposeAsync()
    {
        // The end of its input tells a server behind ssh to end; a local one does not read it.
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        if (!await HasEndedWithinAsync(EndLimit, CancellationToken.None).ConfigureAwait(false))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync().ConfigureAwait(false);
        }

        process.Dispose();
        folder.Dispose();
    }

    /// <summary>For a server that has no client: ends it at once.</summary>
    internal async ValueTask AbandonAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    private void Hear(string? line)
    {
        lock (_words)
        {
            if (line is not null && _words.Length < MostWords)
            {
                _words.AppendLine(line);
            }
        }
    }
}
