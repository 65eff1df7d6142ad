using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Guests;

/// <summary>What was seen on a guest's disks.</summary>
/// <param name="Facts">Null where nothing could be seen; <paramref name="Why"/> says why.</param>
internal sealed record GuestLook(FactSet? Facts, string Why);

/// <summary>Looks into a guest's disks through libguestfs (<c>guestfish</c>) where it is installed. Only reads; the disks are served to it by this process over a socket that only this user can open.</summary>
/// <remarks>libguestfs boots a small Linux of its own under QEMU: a few seconds with KVM, half a minute or more without.</remarks>
internal static class GuestInspector
{
    internal const string Program = "guestfish";

    internal const string Origin = "libguestfs";

    internal static bool IsInstalled => InstalledProgram.Find(Program) is not null;

    /// <param name="disks">In the VM's order.</param>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancellation"/> says so: a look that takes longer than <paramref name="limit"/> is one that saw nothing.</exception>
    internal static async Task<GuestLook> LookAsync(IReadOnlyList<BlockReader> disks, TimeSpan limit, CancellationToken cancellation)
    {
        if (!IsInstalled)
        {
            return new GuestLook(null, $"{Program} is not installed on this machine (Debian: libguestfs-tools)");
        }

        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(limit);
        try
        {
            await using var served = new GuestDisks("look", disks, limit, time.Token);
            ImmutableArray<string> arguments = ["--ro", .. served.Sockets.SelectMany(socket => new[] { "--format=raw", "-a", $"nbd://?socket={socket}" }), "-i"];
            var end = await GuestDisks.TryAsync(settings => GuestDisks.RunAsync(Program, arguments, GuestText.Script, settings, time.Token));
            // Where its root is not mounted (a file system of that name is not on these disks), not finding a file says nothing.
            return !end.Errors.Contains("call 'mount' first", StringComparison.Ordinal) && GuestText.Read(end.Output, Origin) is { } facts
                ? new GuestLook(facts, "")
                : new GuestLook(null, $"{Program} could not look into it: {Words(end.Errors)}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new GuestLook(null, $"looking into it took longer than {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>What libguestfs says of the failure, without its advice.</summary>
    private static string Words(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', lines.Where(line => line.StartsWith("libguestfs: error", StringComparison.Ordinal) || line.StartsWith("guestfish: ", StringComparison.Ordinal)).DefaultIfEmpty(lines.FirstOrDefault() ?? "it said nothing").Take(2));
    }
}
