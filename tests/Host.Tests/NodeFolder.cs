using System.Security.Cryptography;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Tests;

namespace VmMigrate.Host.Tests;

/// <summary>Scripts on npm's packages, which are fetched once and kept in the user's cache. Without Node, npm or a registry the test says so and is skipped.</summary>
internal static class NodeFolder
{
    private const int OldestNode = 20;

    private static readonly SemaphoreSlim _installing = new(1);

    /// <param name="name">Of a folder under tests.</param>
    /// <param name="files">Its package.json and package-lock.json first, then what else is copied.</param>
    /// <returns>A folder with the files and the packages, one for each content of the first two.</returns>
    internal static async Task<string> InstallAsync(string name, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var version = await TryAsync("node", ["--version"], null, cancellation);
        if (version is not { ExitCode: 0 } || await TryAsync("npm", ["--version"], null, cancellation) is not { ExitCode: 0 })
        {
            Assert.Skip("node and npm are not on PATH, so what needs them cannot be run.");
        }

        if (!int.TryParse(version.StandardOutput.TrimStart('v').Split('.')[0], out var major) || major < OldestNode)
        {
            Assert.Skip($"The packages want a newer Node than {version.StandardOutput.Trim()}.");
        }

        await _installing.WaitAsync(cancellation);
        try
        {
            var sources = files.Select(file => Repository.At(Path.Combine("tests", name, file))).ToList();
            var key = Convert.ToHexStringLower(SHA256.HashData([.. sources.Take(2).SelectMany(File.ReadAllBytes), .. Encoding.UTF8.GetBytes(version.StandardOutput)]))[..16];
            var folder = Path.Combine(CacheFolder(), $"{name}-{key}");
            if (!Directory.Exists(folder))
            {
                var unfinished = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
                Copy(sources, unfinished);
                var install = await TryAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], unfinished, cancellation);
                if (install is not { ExitCode: 0 })
                {
                    Directory.Delete(unfinished, recursive: true);
                    Assert.SkipWhen(IsOffline(install?.StandardError ?? ""), "npm's registry cannot be reached, so its packages cannot be fetched.");
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
