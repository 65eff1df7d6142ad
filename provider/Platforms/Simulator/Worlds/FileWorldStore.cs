using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VmMigrate.Platforms.Simulator.Disks;

namespace VmMigrate.Platforms.Simulator.Worlds;

/// <summary>
/// A world in a folder: <c>world.json</c> (replaced as a whole, under a lock), <c>disks/</c>, and the records <c>calls.jsonl</c> and <c>events.jsonl</c>.
/// </summary>
internal sealed class FileWorldStore : WorldStore
{
    // Two files of this size at most: the present one and the one before.
    private const long MostRecordBytes = 32 << 20;

    private const int HeaderBytes = 34;

    private readonly System.Threading.Lock _gate = new();
    private readonly string _folder;
    private readonly string _file;
    private string _cachedHeader = "";
    private WorldState? _cached;

    internal FileWorldStore(string folder)
    {
        _folder = folder;
        _file = Path.Combine(folder, "world.json");
    }

    internal override T Read<T>(Func<WorldState, T> read)
    {
        // No lock between processes: the file is replaced as a whole, and an open one stays what it was.
        lock (_gate)
        {
            return read(Load());
        }
    }

    internal override T Change<T>(Func<WorldState, T> change)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(_folder);
            using var alone = WaitForLock("lock");
            var state = Load();
            T result;
            try
            {
                state.Dirty = false;
                result = change(state);
                if (state.Dirty)
                {
                    state.Revision++;
                    Save(state);
                }
            }
            catch
            {
                _cached = null;
                throw;
            }

            return result;
        }
    }

    internal override LeafStore OpenDisk(string site, string key) => new FileLeafStore(DiskPath(site, key));

    internal override void DeleteDisk(string site, string key)
    {
        using var store = OpenDisk(site, key);
        store.Delete();
    }

    internal override void Record(SimulatedCall call) => Append("calls", call, WorldJson.Default.SimulatedCall);

    internal override void Record(SimulatedEvent change) => Append("events", change, WorldJson.Default.SimulatedEvent);

    internal override IReadOnlyList<SimulatedCall> Calls() => ReadRecords("calls", WorldJson.Default.SimulatedCall);

    internal override IReadOnlyList<SimulatedEvent> Events() => ReadRecords("events", WorldJson.Default.SimulatedEvent);

    private string DiskPath(string site, string key) => Path.Combine(_folder, "disks", Uri.EscapeDataString(site), key);

    private FileStream WaitForLock(string name)
    {
        for (var wait = 1; ; wait = Math.Min(wait * 2, 16))
        {
            try
            {
                return new FileStream(Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
            {
                // Held by another process, for as long as a change takes; given up by the system when that process dies.
                Thread.Sleep(wait);
            }
        }
    }

    private WorldState Load()
    {
        if (!File.Exists(_file))
        {
            _cachedHeader = "";
            return _cached is { Revision: 0 } ? _cached : _cached = new WorldState();
        }

        using var stream = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        Span<byte> raw = stackalloc byte[HeaderBytes];
        var header = Encoding.ASCII.GetString(raw[..stream.ReadAtLeast(raw, HeaderBytes, throwOnEndOfStream: false)]);
        if (_cached is not null && header == _cachedHeader)
        {
            return _cached;
        }

        stream.Position = 0;
        var saved = JsonSerializer.Deserialize(stream, WorldJson.Default.SavedWorld)!;
        if (saved.Format != SavedWorld.PresentFormat)
        {
            throw new InvalidDataException($"{_file} has format {saved.Format}; this version reads {SavedWorld.PresentFormat}. Remove the folder to begin anew.");
        }

        _cachedHeader = header;
        return _cached = WorldSaving.Restore(saved);
    }

    private void Save(WorldState state)
    {
        var next = _file + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            JsonSerializer.Serialize(stream, WorldSaving.Save(state), WorldJson.Default.SavedWorld);
        }

        File.Move(next, _file, overwrite: true);
        _cachedHeader = $"{{\"revision\":\"{WorldSaving.RevisionText(state.Revision)}\"";
        _cachedHeader = _cachedHeader[..HeaderBytes];
    }

    private void Append<T>(string name, T record, JsonTypeInfo<T> type)
    {
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, name + ".jsonl");
        var line = JsonSerializer.SerializeToUtf8Bytes(record, type);
        Array.Resize(ref line, line.Length + 1);
        line[^1] = (byte)'\n';
        lock (_gate)
        {
            // .NET appends by position, not by O_APPEND: without a lock two processes would overwrite each other. Not the world's own: it may be held now.
            using var alone = WaitForLock("records.lock");
            if (File.Exists(path) && new FileInfo(path).Length > MostRecordBytes)
            {
                File.Move(path, Path.Combine(_folder, name + ".before.jsonl"), overwrite: true);
            }

            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
            stream.Write(line);
        }
    }

    private List<T> ReadRecords<T>(string name, JsonTypeInfo<T> type)
    {
        var found = new List<T>();
        foreach (var file in new[] { name + ".before.jsonl", name + ".jsonl" })
        {
            var path = Path.Combine(_folder, file);
            if (!File.Exists(path))
            {
                continue;
            }

            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (reader.ReadLine() is { } line)
            {
                try
                {
                    found.Add(JsonSerializer.Deserialize(line, type)!);
                }
                catch (JsonException)
                {
                    // A process was killed in the middle of this line.
                }
            }
        }

        return found;
    }
}
