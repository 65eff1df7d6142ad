using CliWrap;
using CliWrap.Buffered;

namespace VmMigrate.Host.Tests.Pulumi;

/// <summary>An independent client: a Node script on the stubs of Pulumi's own npm package drives a provider's process.</summary>
/// <remarks>The package is fetched once and kept in the user's cache; without npm or a registry the tests say so and are skipped.</remarks>
public sealed class WireNodeTests
{
    private const int Limit = 600_000;

    private static readonly string[] _files = ["package.json", "package-lock.json", "wire.js", "sample.json", "simulator.json"];

    [Fact(Timeout = Limit)]
    public async Task The_official_stubs_drive_a_resource_from_handshake_to_delete() =>
        await DriveAsync("VmMigrate.SampleProvider", null, "Cancel and an interrupt end the process", TestContext.Current.CancellationToken);

    [Fact(Timeout = Limit)]
    public async Task The_official_stubs_move_a_simulated_VM_and_bring_it_back() =>
        await DriveAsync("vmmigrate", "simulator.json", "Cancel and an interrupt end the process", TestContext.Current.CancellationToken);

    private static async Task DriveAsync(string program, string? wireCase, string last, CancellationToken cancellation)
    {
        var folder = await NodeFolder.InstallAsync("wire-node", _files, cancellation);
        var binary = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? program + ".exe" : program);

        var run = await CliWrap.Cli.Wrap("node")
            .WithArguments(["wire.js", binary, .. wireCase is null ? Array.Empty<string>() : [wireCase]])
            .WithWorkingDirectory(folder)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellation);

        Assert.True(run.ExitCode == 0, run.StandardOutput + run.StandardError);
        Assert.Contains(last, run.StandardOutput, StringComparison.Ordinal);
    }
}
