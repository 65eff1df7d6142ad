using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Engine.Driving;

/// <summary>A holder whose lease was taken over, and which may not be dead but stand still, with disks open that the VM's next start needs.</summary>
/// <remarks>
/// Its token refuses it every further writing call, but hypervisors lock images by process: while a frozen one lives, nobody else can use them. A process of this machine and account that
/// stands still is ended for that. One that goes on is let be: it has seen at its next renewal that it was taken over, and lets go by itself; it may drive other migrations too.
/// What it has started on hosts to serve disks is ended there, wherever it is itself.
/// </remarks>
internal static class LateHolder
{
    /// <summary>So long after it was taken over a holder that lives has tried to renew its lease, and has let go.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(20);

    /// <summary>A server of a disk ends with its client, and has something to flush.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Ends what must not go on, and says what that was.</summary>
    internal static async Task FenceAsync(Lease late, IEnumerable<Site> sites, TimeProvider time, RunEvents events, CancellationToken cancellation)
    {
        if (await EndProcessAsync(late, Notice, time, cancellation) is { } ended)
        {
            events.Say(Severity.Note, ended);
        }

        foreach (var site in sites)
        {
            try
            {
                foreach (var server in await site.EndLateServersAsync(late.MigrationId, cancellation))
                {
                    events.Say(Severity.Note, $"Ended {server} at {site.Name}, which {late.Holder} had left.");
                }
            }
            catch (PlatformException e)
            {
                // Where it matters, a step says what is in its way.
                events.Say(Severity.Warning, $"Whether {late.Holder} has left disks open at {site.Name} could not be seen: {e.Message.TrimEnd('.')}.");
            }
        }
    }

    /// <returns>What was done, or why nothing was, as a sentence; null where there is no such process any more, or it is not of this machine.</returns>
    internal static async Task<string?> EndProcessAsync(Lease late, TimeSpan notice, TimeProvider time, CancellationToken cancellation)
    {
        if (RunnerIdentity.Here(late.Process) is not { } id)
        {
            return null;
        }

        var (since, before) = (time.GetTimestamp(), Switches(id));
        while (!IsStopped(id))
        {
            if (time.GetElapsedTime(since) > notice)
            {
                if (Switches(id) != before)
                {
                    return $"{late.Holder} still lives: it has seen that it was taken over, and changes nothing any more.";
                }

                break;
            }

            await Task.Delay(Poll, time, cancellation);
            if (RunnerIdentity.Here(late.Process) is null)
            {
                return null;
            }
        }

        if (WhyNotOurs(id) is { } why)
        {
            return $"{late.Holder} stands still and may hold disks open, but it is {why}, so it is left alone. End it by hand where a disk is said to be in use.";
        }

        var servers = Children(id);
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            await process.WaitForExitAsync(cancellation);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
        catch (Win32Exception e)
        {
            return $"{late.Holder} stands still and may hold disks open, and could not be ended: {e.Message}. End it by hand where a disk is said to be in use.";
        }

        await EndServersAsync(servers, time, cancellation);
        return $"Ended {late.Holder} (kill -9): its lease had run out at {HeldLease.Say(late.Until)}, and it stood still with what it had open.";
    }

    private static async Task EndServersAsync(List<string> servers, TimeProvider time, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        for (; servers.Exists(server => RunnerIdentity.Here(server) is not null) && time.GetElapsedTime(since) < Farewell * 2; await Task.Delay(Poll, time, cancellation))
        {
            if (time.GetElapsedTime(since) < Farewell)
            {
                continue;
            }

            foreach (var id in servers.Select(RunnerIdentity.Here).OfType<int>())
            {
                try
                {
                    using var process = Process.GetProcessById(id);
                    process.Kill(entireProcessTree: true);
                }
                catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
                {
                    // It has ended meanwhile, or is another account's: then its client's end ends it.
                }
            }
        }
    }

    /// <summary>The record that named it may have been written by somebody else: only our own account's process of our own program is ended.</summary>
    private static string? WhyNotOurs(int id)
    {
        try
        {
            var program = Path.GetFileName(new FileInfo($"/proc/{Text(id)}/exe").LinkTarget ?? "").Replace(" (deleted)", "", StringComparison.Ordinal);
            return Status("self", "Uid:") != Status(Text(id), "Uid:") ? "another account's"
                : program != Path.GetFileName(Environment.ProcessPath) && !program.Contains("vmmigrate", StringComparison.OrdinalIgnoreCase) ? $"another program ({program})"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another account's";
        }
    }

    private static bool IsStopped(int id) => Read($"/proc/{Text(id)}/stat") is { } stat && stat[(stat.LastIndexOf(')') + 2)..][0] is 'T' or 't';

    /// <summary>How often its threads were given a processor: a process that lives, if only to renew its lease, has more of them after a while.</summary>
    private static long Switches(int id)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{Text(id)}/task")
                .Select(Path.GetFileName)
                .Sum(thread => Count($"{Text(id)}/task/{thread}", "voluntary_ctxt_switches:") + Count($"{Text(id)}/task/{thread}", "nonvoluntary_ctxt_switches:"));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long Count(string process, string name) => long.TryParse(Status(process, name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private static List<string> Children(int id) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : 0)
            .Where(child => child > 0 && Status(Text(child), "PPid:") == Text(id))
            .Select(RunnerIdentity.Describe)
            .OfType<string>(),
    ];

    /// <summary>One line of proc(5)'s status.</summary>
    private static string? Status(string process, string name) =>
        Read($"/proc/{process}/status")?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
