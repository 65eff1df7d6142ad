using System.Globalization;

namespace VmMigrate.Engine.Driving;

/// <summary>Who drives a run, as its lease tells others.</summary>
/// <param name="Name">For people.</param>
/// <param name="Process">
/// Boot id of the machine, namespace of process ids, process id and its start time, on Linux. Another run on the same machine can see from it that the
/// holder is dead, and need not wait for the lease to run out. Empty where nobody can tell.
/// </param>
/// <param name="NewToken">Makes the tokens of leases.</param>
public sealed record RunnerIdentity(string Name, string Process, Func<Guid> NewToken)
{
    /// <summary>This process.</summary>
    public static RunnerIdentity This { get; } = new(
        $"{Environment.MachineName}, process {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}",
        Describe(Environment.ProcessId) ?? "",
        Guid.NewGuid);

    /// <summary>True only when the process is of this machine's present boot and certainly gone.</summary>
    public static bool IsDead(string process)
    {
        var parts = process.Split('/');
        return parts.Length == 4
            && Describe(Environment.ProcessId)?.Split('/') is [var boot, var space, _, _] && boot == parts[0] && space == parts[1]
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && (Describe(id) is not { } now ? !Directory.Exists($"/proc/{id}") : now != process);
    }

    /// <summary>The id of this very process where it is of this machine's present boot, in our namespace, and lives; else null.</summary>
    internal static int? Here(string process) =>
        process.Split('/') is [_, _, var number, _] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Describe(id) == process ? id : null;

    /// <summary>A process of this machine as a lease names it; null where there is none.</summary>
    internal static string? Describe(int id)
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            var space = new FileInfo("/proc/self/ns/pid").LinkTarget?.Replace('/', '-');

            // The name in brackets may hold anything, blanks and brackets too; the 20th field after it is the start time in ticks (proc(5)).
            var stat = File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : $"{boot}/{space}/{id.ToString(CultureInfo.InvariantCulture)}/{fields[19]}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
