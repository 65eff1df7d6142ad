using System.Security.Cryptography;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>An independent client: a Node script on the stubs of Pulumi's own npm package drives a provider's process.</summary>
/// <remarks>The package is fetched once and kept in the user's cache; without npm or a registry the tests say so and are skipped.</remarks>
public sealed class WireNodeTests
{
    private const int Limit = 600_000;
    private const int OldestNode = 20;

    private static readonly string[] _files = ["package.json", "package-lock.json", "wire.js", "sample.json", "simulator.json"];
    private static readonly SemaphoreSlim _installing = new(1);

    [Fact(Timeout = Limit)]
    public async Task The_official_stubs_drive_a_resource_from_handshake_to_delete() =>
        await DriveAsync("VmMigrate.SampleProvider", null, "Cancel and an interrupt end the process", TestContext.Current.CancellationToken);

    [Fact(Timeout = Limit)]
    public async Task The_official_stubs_move_a_simulated_VM_and_bring_it_back() =>
        await DriveAsync("vmmigrate", "simulator.json", "Cancel and an interrupt end the process", TestContext.Current.CancellationToken);

    private static async Task DriveAsync(string program, string? wireCase, string last, CancellationToken cancellation)
    {
        var folder = await InstallAsync(cancellation);
        var binary = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? program + ".exe" : program);

        var run = await CliWrap.Cli.Wrap("node")
            .WithArguments(["wire.js", binary, .. wireCase is null ? Array.Empty<string>() : [wireCase]])
            .WithWorkingDirectory(folder)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellation);

        Assert.True(run.ExitCode == 0, run.StandardOutput + run.StandardError);
        Assert.Contains(last, run.StandardOutput, StringComparison.Ordinal);
    }

    /// <summary>A folder with the script and its packages, one for each content of the files.</summary>
    private static async Task<string> InstallAsync(CancellationToken cancellation)
    {
        var version = await TryAsync("node", ["--version"], null, cancellation);
        if (version is not { ExitCode: 0 } || await TryAsync("npm", ["--version"], null, cancellation) is not { ExitCode: 0 })
        {
            Assert.Skip("node and npm are not on PATH, so the official stubs cannot be run.");
        }

        if (!int.TryParse(version.StandardOutput.TrimStart('v').Split('.')[0], out var major) || major < OldestNode)
        {
            Assert.Skip($"Pulumi's npm package wants a newer Node than {version.StandardOutput.Trim()}.");
        }

        await _installing.WaitAsync(cancellation);
        try
        {
            var sources = _files.Select(file => Repository.At(Path.Combine("tests", "wire-node", file))).ToList();
            var key = Convert.ToHexStringLower(SHA256.HashData([.. sources.Take(2).SelectMany(File.ReadAllBytes), .. Encoding.UTF8.GetBytes(version.StandardOutput)]))[..16];
            var folder = Path.Combine(CacheFolder(), $"wire-node-{key}");
            if (!Directory.Exists(folder))
            {
                var unfinished = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
                Copy(sources, unfinished);
                var install = await TryAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], unfinished, cancellation);
                if (install is not { ExitCode: 0 })
                {
                    Directory.Delete(unfinished, recursive: true);
                    Assert.SkipWhen(IsOffline(install?.StandardError ?? ""), "npm's registry cannot be reached, so the official stubs cannot be fetched.");
                    Assert.Fail($"npm ci failed: {install?.StandardError}");
                }

                if (!Directory.Exists(folder))
                {
                    Directory.Move(unfinished, folder);
                }
            }

            Copy(sources, folder);
            return folder;
        }
        finally
        {
            _installing.Release();
        }
    }

    private static void Copy(IEnumerable<string> files, string folder)
    {
        foreach (var file in files)
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }
    }

    private static bool IsOffline(string errors) =>
        new[] { "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT" }
            .Any(code => errors.Contains(code, StringComparison.Ordinal));

    private static string CacheFolder()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } profile ? Path.Combine(profile, ".cache") : Path.GetTempPath();
        return Directory.CreateDirectory(Path.Combine(home, "vmmigrate-tests")).FullName;
    }

    private static async Task<BufferedCommandResult?> TryAsync(string program, string[] arguments, string? folder, CancellationToken cancellation)
    {
        try
        {
            return await CliWrap.Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory(folder ?? Environment.CurrentDirectory)
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellation);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // It is not installed.
            return null;
        }
    }
}
