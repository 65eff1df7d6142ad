using VmMigrate.Platforms.Aws.Ebs;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A moment of one or two accounts, of the folder with the other side, and of this runner's notes on open snapshots: it can be had again as often as wanted.</summary>
internal sealed class Ec2Moment
{
    private readonly string _folder;
    private readonly (Ec2World Of, World World)[] _worlds;
    private readonly Dictionary<string, byte[]> _files;
    private readonly Dictionary<string, byte[]> _notes;

    /// <summary>Takes it now.</summary>
    /// <remarks>Files first: what somebody notes he has done before, and what he is about to do he has noted.</remarks>
    internal Ec2Moment(string folder, params Ec2World[] worlds)
    {
        _folder = folder;
        _files = Read(() => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        _notes = Read(() => NotesOf(worlds.Select(world => world.World)));
        _worlds = [.. worlds.Select(world => (world, world.World.Copy()))];
    }

    /// <summary>Everything is as it was then.</summary>
    internal async Task ReturnAsync()
    {
        NotesOf(_worlds.Select(world => world.Of.World)).ToList().ForEach(File.Delete);
        Directory.Delete(_folder, recursive: true);
        foreach (var (path, content) in _files.Concat(_notes))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, content);
        }

        Directory.CreateDirectory(_folder);
        foreach (var (of, world) in _worlds)
        {
            await of.EnterAsync(world.Copy());
        }
    }

    /// <summary>A file may be put in another's place meanwhile; what is not in its place yet counts for nothing.</summary>
    private static Dictionary<string, byte[]> Read(Func<IEnumerable<string>> paths)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return paths().Where(path => !path.EndsWith(".new", StringComparison.Ordinal)).ToDictionary(path => path, Whole);
            }
            catch (IOException) when (tries < 500)
            {
                Thread.Sleep(10);
            }
        }

        static byte[] Whole(string path)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
    }

    /// <summary>They are named by a snapshot, or by a migration and a disk.</summary>
    private static IEnumerable<string> NotesOf(IEnumerable<World> worlds)
    {
        var ours = worlds.SelectMany(IdsOf).ToHashSet(StringComparer.Ordinal);
        return Directory.Exists(PutJournal.Folder) ? Directory.EnumerateFiles(PutJournal.Folder).Where(path => ours.Contains(Path.GetFileName(path).Split('.')[0])) : [];
    }

    private static IEnumerable<string> IdsOf(World world)
    {
        lock (world.Gate)
        {
            return [.. world.Snapshots.SelectMany(snapshot => (string[])[snapshot.Id, .. snapshot.Tags.Values])];
        }
    }
}
