using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>An sshd on the loopback device, with keys of its own, that lets in the account that the lab runs as.</summary>
internal sealed class LoopbackSsh : IAsyncDisposable
{
    private readonly Process _server;
    private readonly string _folder;

    private LoopbackSsh(Process server, string folder, int port)
    {
        _server = server;
        _folder = folder;
        Port = port;
    }

    internal int Port { get; }

    internal string KeyFile => Path.Combine(_folder, "key");

    /// <summary>The account: the lab's own where root runs the tests, else ours.</summary>
    internal static string Account => Environment.UserName == "root" ? "lab" : Environment.UserName;

    /// <summary>Its public key, as in a file of known hosts.</summary>
    internal async Task<string> HostKeyAsync() => (await TwoHosts.RunAsync("ssh-keyscan", ["-p", $"{Port}", "127.0.0.1"])).Split('\n').First(line => line.Length > 0 && line[0] != '#').Split(' ', 2)[1];

    internal static async Task<LoopbackSsh> StartAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("vmmigrate-sshd-").FullName;
        var port = FreePort.Find();
        await TwoHosts.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, "key")]);
        await TwoHosts.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, "host")]);
        // sshd reads the file as the account that logs in.
        var authorized = Path.Combine(Path.GetTempPath(), $"vmmigrate-sshd-{port}.keys");
        File.Copy(Path.Combine(folder, "key.pub"), authorized, overwrite: true);
        File.SetUnixFileMode(authorized, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        if (Environment.UserName == "root")
        {
            // Where sshd keeps its unprivileged part; Debian's service makes it.
            Directory.CreateDirectory("/run/sshd");
        }

        // Without PAM sshd takes an account without a password for a locked one.
        await File.WriteAllTextAsync(
            Path.Combine(folder, "config"),
            $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {folder}/host
            AuthorizedKeysFile {authorized}
            StrictModes no
            UsePAM {(Environment.UserName == "root" ? "yes" : "no")}
            PasswordAuthentication no
            PidFile none
            """,
            cancellation);
        var server = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", Path.Combine(folder, "config")]) { RedirectStandardError = true })!;
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        var ssh = new LoopbackSsh(server, folder, port);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellation);
                return ssh;
            }
            catch (SocketException)
            {
                Assert.False(server.HasExited, "sshd ended at once.");
                await Task.Delay(20, cancellation);
            }
        }
    }

    /// <summary>Ends the listener and, like a cut cable, every connection.</summary>
    internal async Task CutAsync()
    {
        CutSessions();
        if (!_server.HasExited)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
        }
    }

    /// <summary>Ends every connection; new ones are let in.</summary>
    internal void CutSessions()
    {
        foreach (var session in Children(_server.Id).ToList())
        {
            try
            {
                using var process = Process.GetProcessById(session);
                process.Kill(entireProcessTree: false);
            }
            catch (ArgumentException)
            {
                // Gone already.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
        File.Delete(Path.Combine(Path.GetTempPath(), $"vmmigrate-sshd-{Port}.keys"));
    }

    private static IEnumerable<int> Children(int parent)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            string stat;
            try
            {
                stat = File.ReadAllText($"{folder}/stat");
            }
            catch (IOException)
            {
                continue;
            }

            if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture))
            {
                yield return pid;
                foreach (var below in Children(pid))
                {
                    yield return below;
                }
            }
        }
    }
}
