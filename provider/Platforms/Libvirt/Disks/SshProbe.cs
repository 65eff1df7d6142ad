using System.Diagnostics;
using System.Security.Cryptography;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Estimates;

namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>How fast content passes through ssh to a host or from it: about a second of random bytes, which come from nowhere and go to nowhere.</summary>
internal static class SshProbe
{
    private const int PieceBytes = 64 << 10;

    /// <exception cref="PlatformException">ssh cannot be started.</exception>
    internal static async Task<double?> MeasureAsync(string site, SshAddress address, LinkDirection direction, CancellationToken cancellation)
    {
        // Random, so that ssh's own compression makes nothing of it.
        var script = direction == LinkDirection.FromSite ? $"head -c {LinkProbe.MostBytes} /dev/urandom" : "echo; head -c 1 >/dev/null; echo; cat >/dev/null; echo";
        using var process = SshCall.Start(site, address, script);
        // A pipe's reads and writes do not end by a token; they do when the process is gone.
        using var end = cancellation.UnsafeRegister(static started => End((Process)started!), process);
        try
        {
            // Nobody reads its words, and it must not wait for that.
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            return direction == LinkDirection.FromSite
                ? await ReadAsync(process.StandardOutput.BaseStream, cancellation).ConfigureAwait(false)
                : await SendAsync(process.StandardInput.BaseStream, process.StandardOutput.BaseStream, cancellation).ConfigureAwait(false);
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>The far end sees its pipe close and ends.</summary>
    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The first piece only says that the far end has begun.</summary>
    private static async Task<double?> ReadAsync(Stream from, CancellationToken cancellation)
    {
        var piece = new byte[PieceBytes];
        if (await from.ReadAsync(piece, cancellation).ConfigureAwait(false) == 0)
        {
            return null;
        }

        var started = Stopwatch.GetTimestamp();
        var bytes = 0L;
        var took = TimeSpan.Zero;
        while (took < LinkProbe.Each && await from.ReadAsync(piece, cancellation).ConfigureAwait(false) is var count and > 0)
        {
            bytes += count;
            took = Stopwatch.GetElapsedTime(started);
        }

        return LinkProbe.Rate(bytes, took);
    }

    /// <summary>What was taken over counts when the far end has had all of it: buffers on the way take a piece at once.</summary>
    private static async Task<double?> SendAsync(Stream to, Stream words, CancellationToken cancellation)
    {
        var piece = new byte[PieceBytes];
        RandomNumberGenerator.Fill(piece);
        var word = new byte[1];
        await words.ReadExactlyAsync(word, cancellation).ConfigureAwait(false);
        await to.WriteAsync(word, cancellation).ConfigureAwait(false);
        await to.FlushAsync(cancellation).ConfigureAwait(false);
        await words.ReadExactlyAsync(word, cancellation).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        var bytes = 0L;
        for (; bytes < LinkProbe.MostBytes && Stopwatch.GetElapsedTime(started) < LinkProbe.Each; bytes += piece.Length)
        {
            await to.WriteAsync(piece, cancellation).ConfigureAwait(false);
        }

        to.Close();
        await words.ReadExactlyAsync(word, cancellation).ConfigureAwait(false);
        return LinkProbe.Rate(bytes, Stopwatch.GetElapsedTime(started));
    }
}
