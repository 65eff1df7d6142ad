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
    internal static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    /// <summary>Room for the list of an image's snapshots, some 100 letters each.</summary>
    private const int MostWords = 64 << 10;

    /// <summary>How a line begins that is an answer to what was asked, and no complaint.</summary>
    internal const string Answer = "vmmigrate-map ";

    private bool _isOver;

    private readonly StringBuilder _words = new();

    internal ServingFolder Folder => folder;

    /// <summary>Where the server's files are at its host; null on this machine.</summary>
    internal string? FarFolder { get; init; }

    /// <summary>A line of what it says on stdout, to be taken by whoever asked it something.</summary>
    internal event Action<string>? Said;

    internal string SocketPath => folder.SocketPath;

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
    internal static DiskExport Start(string program, IEnumerable<string> arguments, ServingFolder folder, IEnumerable<string> keepEnvironment, string? farFolder = null)
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
        var export = new DiskExport(Process.Start(start)!, folder) { FarFolder = farFolder };
        export.Listen();
        return export;
    }

    private void Listen()
    {
        folder.NoteServer(process.Id);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } said && said.StartsWith(Answer, StringComparison.Ordinal))
            {
                Said?.Invoke(said[Answer.Length..]);
                return;
            }

            Hear(line.Data);
        };
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

    /// <summary>For a program that does its work and ends.</summary>
    internal async Task<QemuImgReply> ReplyAsync(TimeSpan limit, CancellationToken cancellation)
    {
        if (!await HasEndedWithinAsync(limit, cancellation).ConfigureAwait(false))
        {
            process.Kill(entireProcessTree: true);
            return new QemuImgReply($"no answer within {limit.TotalSeconds:0} s", Words);
        }

        return new QemuImgReply(process.ExitCode == 0 ? null : Words.Length > 0 ? Words : $"it ended with code {process.ExitCode}", Words);
    }

    /// <summary>Waits for the end of the server, however long it serves.</summary>
    internal Task EndAsync(CancellationToken cancellation) => process.WaitForExitAsync(cancellation);

    /// <summary>Asks a server behind ssh something, as one line; a local one does not listen.</summary>
    internal async Task SendAsync(string line, CancellationToken cancellation)
    {
        await process.StandardInput.WriteAsync((line + "\n").AsMemory(), cancellation).ConfigureAwait(false);
        await process.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends the server's process and leaves its folder to a server that takes its place.</summary>
    internal async Task LeaveFolderAsync()
    {
        await EndAsync().ConfigureAwait(false);
        File.Delete(SocketPath);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        folder.Dispose();
    }

    private async Task EndAsync()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
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
    }

    /// <summary>For a server that has no client: ends it at once.</summary>
    internal async ValueTask AbandonAsync(bool keepFolder = false)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await (keepFolder ? LeaveFolderAsync() : DisposeAsync().AsTask()).ConfigureAwait(false);
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
