using VmMigrate.TestProvider;

namespace VmMigrate.Host.Tests.Terraform;

/// <summary>A platform of files in a folder of its own.</summary>
internal sealed class TemporaryFiles : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("vmmigrate-files-").FullName;

    internal TemporaryFiles() => Platform = new FilePlatform(folder);

    internal FilePlatform Platform { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
