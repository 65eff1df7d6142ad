namespace VmMigrate.TestProvider;

/// <summary>
/// Sites, VMs and copies as files in one folder, so that they outlive the provider's process and a test can look and meddle.
/// <c>vms/SITE/NAME</c> holds <c>running</c> or <c>off</c>; <c>copies/ID</c> counts chunks; <c>phases/ID</c> is the migration's stamp;
/// <c>log</c> has a line for each thing done; <c>switches/NAME</c> makes things go wrong.
/// </summary>
internal sealed class FilePlatform(string folder)
{
    internal const string Variable = "VMMIGRATE_TEST_FILES";

    internal const int Chunks = 5;

    private static readonly Lock One = new();

    internal string? Vm(string site, string name) => Read("vms", $"{site}/{name}");

    internal void SetVm(string site, string name, string? power) => Write("vms", $"{site}/{name}", power);

    internal IReadOnlyList<string> Vms(string site)
    {
        var path = Path.Combine(folder, "vms", site);
        return Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];
    }

    internal int Copied(string id) => Read("copies", id) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;

    internal void SetCopied(string id, int? chunks) => Write("copies", id, chunks?.ToString(System.Globalization.CultureInfo.InvariantCulture));

    internal string? Phase(string id) => Read("phases", id);

    internal void SetPhase(string id, string? phase) => Write("phases", id, phase);

    internal string? Switch(string name) => Read("switches", name);

    internal void SetSwitch(string name, string? value) => Write("switches", name, value);

    internal void Log(string what, string detail)
    {
        lock (One)
        {
            Directory.CreateDirectory(folder);
            File.AppendAllText(Path.Combine(folder, "log"), $"{what} {detail}\n");
        }
    }

    internal IReadOnlyList<string> Lines(string what)
    {
        var path = Path.Combine(folder, "log");
        return File.Exists(path) ? [.. File.ReadAllLines(path).Where(line => line.StartsWith(what + " ", StringComparison.Ordinal))] : [];
    }

    private string? Read(string kind, string name)
    {
        var path = Path.Combine(folder, kind, name);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    private void Write(string kind, string name, string? value)
    {
        var path = Path.Combine(folder, kind, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (value is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllText(path, value);
        }
    }
}
