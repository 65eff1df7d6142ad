using System.Text;

namespace VmMigrate.Host.Pulumi;

/// <summary>Our own log, for us: calls with their durations and results, and the stacks of our bugs. Off unless a file is named.</summary>
/// <remarks>The engine hides stderr, so this is how to look into a running provider. Never holds a property's value.</remarks>
internal sealed class FileLog : IDisposable
{
    internal const string Variable = "VMMIGRATE_LOG";

    private readonly Lock _lock = new();
    private readonly FileStream? _file;
    private readonly TimeProvider _time;

    private FileLog(FileStream? file, TimeProvider time)
    {
        _file = file;
        _time = time;
    }

    /// <summary>Opens the file for appending, readable by its owner only. A file that cannot be opened is no reason to refuse to work: then there is no log.</summary>
    /// <param name="path">Null or empty: no log.</param>
    internal static FileLog Open(string? path, TimeProvider time)
    {
        if (string.IsNullOrEmpty(path))
        {
            return new FileLog(null, time);
        }

        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                BufferSize = 0,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return new FileLog(new FileStream(path, options), time);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return new FileLog(null, time);
        }
    }

    /// <param name="text">Cleaned already. Several lines stay together.</param>
    internal void Write(string text)
    {
        if (_file is null)
        {
            return;
        }

        var line = Encoding.UTF8.GetBytes($"{_time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} [{Environment.ProcessId}] {text}\n");
        lock (_lock)
        {
            try
            {
                _file.Write(line);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // A full disk must not stop a migration.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
        }
    }
}
