namespace VmMigrate.Engine.Blocks;

/// <summary>The map as a file: <c>DISK.vmmigrate-resume</c> beside the disk. Written to a second file, made stable, and renamed over the first.</summary>
public sealed class FileResumeStore : ResumeStore
{
    public const string Suffix = ".vmmigrate-resume";

    private readonly string _path;

    /// <param name="diskPath">The path of the target disk.</param>
    public FileResumeStore(string diskPath) => _path = diskPath + Suffix;

    public override async ValueTask<byte[]?> LoadAsync(CancellationToken cancellationToken) =>
        File.Exists(_path) ? await File.ReadAllBytesAsync(_path, cancellationToken) : null;

    public override async ValueTask SaveAsync(ReadOnlyMemory<byte> map, CancellationToken cancellationToken)
    {
        var next = _path + ".new";
        // Made anew, never opened as it is there: in a folder of another account's, it might be a link to something else.
        File.Delete(next);
        await using (var file = new FileStream(next, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false))
        {
            await file.WriteAsync(map, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, _path, overwrite: true);
    }

    public override ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        File.Delete(_path);
        File.Delete(_path + ".new");
        return ValueTask.CompletedTask;
    }
}
