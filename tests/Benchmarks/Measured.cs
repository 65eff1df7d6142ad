using System.Diagnostics;
using System.Globalization;

namespace VmMigrate.Benchmarks;

/// <summary>One run of a program: how long from start to end, its peak memory, and what it printed.</summary>
internal sealed record Measured(double Seconds, long PeakKib, string Output)
{
    internal static Task<Measured> RunAsync(string program, params string[] arguments) => RunAsync(program, mayFail: false, arguments);

    internal static async Task<Measured> RunAsync(string program, bool mayFail, string[] arguments)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        while (!process.HasExited)
        {
            // The kernel keeps the peak; the last look before the end has it, but for the last milliseconds.
            peak = Math.Max(peak, PeakKiB(process.Id));
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(20));
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var text = await output;
        return process.ExitCode == 0 || mayFail
            ? new Measured(seconds, peak, text)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    internal static long PeakKiB(int process)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return long.Parse(line["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended between two looks.
        }

        return 0;
    }
}
