using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Tests;

namespace VmMigrate.Sdk.Tests.Dist;

/// <summary>The archives of a release, made from the binary that the build left in bin/.</summary>
public sealed class DistTests : IDisposable
{
    private readonly string work = Directory.CreateTempSubdirectory("vmmigrate-dist-").FullName;

    private static string Version => File.ReadAllText(Repository.At("sdk/dotnet/version.txt"));

    private static string Zip => $"terraform-provider-vmmigrate_{Version}_linux_amd64.zip";

    [Fact(Timeout = 300_000)]
    public async Task A_release_has_each_archive_with_its_executable_and_its_sum()
    {
        var dist = await MakeAsync("dist", TestContext.Current.CancellationToken);

        var plugin = TarEntries(Path.Combine(dist, $"pulumi-resource-vmmigrate-v{Version}-linux-amd64.tar.gz"));
        Assert.Equal(["LICENSE", "pulumi-resource-vmmigrate"], plugin.Keys);
        Assert.Equal("rwxr-xr-x", Text(plugin["pulumi-resource-vmmigrate"]));

        using (var zip = ZipFile.OpenRead(Path.Combine(dist, Zip)))
        {
            Assert.Equal(["LICENSE", $"terraform-provider-vmmigrate_v{Version}"], zip.Entries.Select(entry => entry.FullName));
            Assert.Equal("rwxr-xr-x", Text((UnixFileMode)((zip.Entries[1].ExternalAttributes >> 16) & 0b111_111_111)));
        }

        var sdk = TarEntries(Path.Combine(dist, $"vmmigrate-sdk-dotnet-{Version}.tar.gz"));
        Assert.Contains($"vmmigrate-sdk-dotnet-{Version}/VmMigrate.Sdk.csproj", sdk.Keys);
        Assert.DoesNotContain(sdk.Keys, name => name.Contains("/bin/", StringComparison.Ordinal) || name.Contains("/obj/", StringComparison.Ordinal));

        Assert.Equal([Zip], Sums(dist, $"terraform-provider-vmmigrate_{Version}_SHA256SUMS"));
        Assert.Equal(
            Directory.EnumerateFiles(dist).Select(path => Path.GetFileName(path)).Where(name => !name.EndsWith("SHA256SUMS", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Sums(dist, "SHA256SUMS").Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 300_000)]
    public async Task The_same_sources_and_binary_give_the_same_bytes()
    {
        var first = await MakeAsync("first", TestContext.Current.CancellationToken);
        // Archives keep times to the second, or to two.
        await Task.Delay(TimeSpan.FromSeconds(2.1), TestContext.Current.CancellationToken);
        var second = await MakeAsync("second", TestContext.Current.CancellationToken);

        Assert.Equal(File.ReadAllText(Path.Combine(first, "SHA256SUMS")), File.ReadAllText(Path.Combine(second, "SHA256SUMS")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_version_that_the_sources_do_not_have_is_refused()
    {
        var result = await Script("9.9.9", "/bin/true", Path.Combine(work, "none")).WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"version 9.9.9 was asked for, but the sources say {Version}", result.StandardError, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Terraform_installs_the_provider_from_a_filesystem_mirror_and_validates_the_example()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var dist = await MakeAsync("dist", cancellation);
        var mirror = Path.Combine(work, "mirror/vmmigrate.local/vmmigrate/vmmigrate");
        Directory.CreateDirectory(mirror);
        File.Copy(Path.Combine(dist, Zip), Path.Combine(mirror, Zip));
        await File.WriteAllTextAsync(
            Path.Combine(work, "terraform.rc"), $$"""provider_installation { filesystem_mirror { path = "{{work}}/mirror" } }""", cancellation);
        var project = Directory.CreateDirectory(Path.Combine(work, "project")).FullName;
        File.Copy(Repository.At("examples/cold-libvirt-to-libvirt/terraform/main.tf"), Path.Combine(project, "main.tf"));

        var init = await TerraformAsync(project, ["init", "-no-color", "-input=false"], cancellation);
        Assert.True(init.ExitCode == 0, init.StandardOutput + init.StandardError);
        Assert.Contains($"Installed vmmigrate.local/vmmigrate/vmmigrate v{Version}", init.StandardOutput, StringComparison.Ordinal);

        var validate = await TerraformAsync(project, ["validate", "-no-color"], cancellation);
        Assert.True(validate.ExitCode == 0, validate.StandardOutput + validate.StandardError);

        // That it is our schema that says so.
        var main = Path.Combine(project, "main.tf");
        await File.WriteAllTextAsync(main, (await File.ReadAllTextAsync(main, cancellation)).Replace("goal = \"CutOver\"", "goal = \"Cutover\"", StringComparison.Ordinal), cancellation);
        var misspelt = await TerraformAsync(project, ["validate", "-no-color"], cancellation);
        Assert.Equal(1, misspelt.ExitCode);
        Assert.Contains("goal = \"Cutover\"", misspelt.StandardError, StringComparison.Ordinal);
        Assert.Contains("CutOver", misspelt.StandardError, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(work, recursive: true);

    private async Task<string> MakeAsync(string name, CancellationToken cancellation)
    {
        var binary = Repository.At("bin/terraform-provider-vmmigrate");
        Assert.SkipUnless(File.Exists(binary), "bin/terraform-provider-vmmigrate is not there: run `make build` first.");
        var dist = Path.Combine(work, name);
        await Script(Version, binary, dist).ExecuteBufferedAsync(cancellation);
        return dist;
    }

    private static Command Script(string version, string binary, string dist) =>
        Cli.Wrap(Repository.At("eng/dist.sh")).WithArguments([version, binary]).WithEnvironmentVariables(set => set.Set("DIST", dist));

    private async Task<BufferedCommandResult> TerraformAsync(string project, string[] arguments, CancellationToken cancellation) =>
        await Cli.Wrap("terraform").WithArguments(arguments).WithWorkingDirectory(project)
            .WithEnvironmentVariables(set => set.Set("TF_CLI_CONFIG_FILE", Path.Combine(work, "terraform.rc")).Set("CHECKPOINT_DISABLE", "1"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellation);

    private static SortedDictionary<string, UnixFileMode> TarEntries(string archive)
    {
        var entries = new SortedDictionary<string, UnixFileMode>(StringComparer.Ordinal);
        using var file = File.OpenRead(archive);
        using var reader = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (reader.GetNextEntry() is { } entry)
        {
            entries.Add(entry.Name, entry.Mode);
        }

        return entries;
    }

    private static string Text(UnixFileMode mode) =>
        string.Concat(Enumerable.Range(0, 9).Select(bit => ((int)mode & (1 << (8 - bit))) == 0 ? '-' : "rwx"[bit % 3]));

    /// <summary>The names in a file of sums, each of which is right.</summary>
    private static List<string> Sums(string dist, string file)
    {
        var names = new List<string>();
        foreach (var line in File.ReadAllLines(Path.Combine(dist, file)))
        {
            var (sum, name) = (line[..64], line[66..]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(dist, name)))), sum);
            names.Add(name);
        }

        return names;
    }
}
