using System.Diagnostics;
using System.Globalization;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>
/// A folder for one server: <c>BASE/PID.START.NUMBER</c>, named after the process that made it, so that a later run knows a dead one's and ends
/// the server it may have left. It holds our note of the server, and a folder for the socket that only the serving account can enter.
/// </summary>
/// <remarks>
/// Where root serves as another account, that account owns the socket's folder and may put anything there. So root writes nothing into it, and
/// removes single names from it, never whole trees.
/// </remarks>
internal sealed class ServingFolder : IDisposable
{
    private const string ServerFile = "server";
    private const string SocketFolder = "s";
    private const string SocketFile = "nbd.sock";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Open to be passed through, not to be listed.</summary>
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static int _count;

    private ServingFolder(string path) => Path = path;

    internal string Path { get; }

    internal string SocketPath => System.IO.Path.Combine(Path, SocketFolder, SocketFile);

    /// <summary>Makes a folder, after removing what dead processes left beside it.</summary>
    /// <param name="owner">The account that serves, where that is not ours.</param>
    /// <exception cref="IOException">Somebody else has made the folder that ours belong in.</exception>
    internal static ServingFolder Make(PosixFile.Owner? owner)
    {
        var root = Base();
        Sweep(root);
        var name = $"{Environment.ProcessId}.{StartOf(Environment.ProcessId)}.{Interlocked.Increment(ref _count)}";
        var path = System.IO.Path.Combine(root, name);
        var socketFolder = System.IO.Path.Combine(path, SocketFolder);
        // Set apart from the making, which our umask takes part in.
        Directory.CreateDirectory(path, Private).UnixFileMode = owner is null ? Private : Passable;
        Directory.CreateDirectory(socketFolder, Private);
        if (owner is { } account)
        {
            PosixFile.ChangeOwner(socketFolder, account);
        }

        return new ServingFolder(path);
    }

    /// <summary>For a later run.</summary>
    internal void NoteServer(int pid) => File.WriteAllText(System.IO.Path.Combine(Path, ServerFile), pid.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => Remove(Path);

    private static string Base()
    {
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var user = PosixFile.UserId();
        var path = user == 0 && Directory.Exists("/run")
            ? "/run/vmmigrate"
            : Directory.Exists(runtime) && PosixFile.OwnerOf(runtime).User == user ? System.IO.Path.Combine(runtime, "vmmigrate") : $"/tmp/vmmigrate-{user}";
        // root serves as other accounts too, which must be able to pass through.
        var mode = user == 0 ? Passable : Private;
        Directory.CreateDirectory(path, mode);
        var info = new DirectoryInfo(path);
        if (info.LinkTarget is not null || PosixFile.OwnerOf(path).User != user)
        {
            throw new IOException($"the folder {path} was made by another account");
        }

        if (info.UnixFileMode != mode)
        {
            info.UnixFileMode = mode;
        }

        return path;
    }

    private static void Sweep(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            if (System.IO.Path.GetFileName(folder).Split('.') is [var pid, var start, _]
                && int.TryParse(pid, CultureInfo.InvariantCulture, out var maker)
                && StartOf(maker) != start)
            {
                EndServer(folder);
                Remove(folder);
            }
        }
    }

    private static void EndServer(string folder)
    {
        try
        {
            var pid = int.Parse(File.ReadAllText(System.IO.Path.Combine(folder, ServerFile)), CultureInfo.InvariantCulture);
            // The number may be another process's by now.
            if (!File.ReadAllText($"/proc/{pid}/cmdline").Contains(folder, StringComparison.Ordinal))
            {
                return;
            }

            using var server = Process.GetProcessById(pid);
            server.Kill();
            server.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or ArgumentException or InvalidOperationException)
        {
            // Never started, or ended by itself.
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            var socketFolder = System.IO.Path.Combine(folder, SocketFolder);
            if (Directory.Exists(socketFolder))
            {
                File.Delete(System.IO.Path.Combine(socketFolder, SocketFile));
                Directory.Delete(socketFolder);
            }

            File.Delete(System.IO.Path.Combine(folder, ServerFile));
            Directory.Delete(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another run was faster, or the serving account left something of its own there.
        }
    }

    /// <summary>When a process started, in the kernel's ticks (proc(5), stat, field 22); empty when there is none.</summary>
    private static string StartOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // The second field is the program's name in brackets and may hold anything, so count from behind it.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return "";
        }
    }
}
