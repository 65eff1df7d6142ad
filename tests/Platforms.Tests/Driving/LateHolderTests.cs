using System.Diagnostics;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Platforms.Tests.Driving;

/// <summary>Real processes that hold a lease which was taken over: shells under a name like our program's.</summary>
public sealed class LateHolderTests : IDisposable
{
    private const int Limit = 60_000;

    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-late-test-").FullName;
    private readonly List<Process> _started = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_stands_still_is_ended_with_what_it_has_started()
    {
        // Its child does not end by itself, as a server of a disk would.
        var holder = Start("vmmigrate-holder", "sleep 300 & echo $!; wait");
        var child = int.Parse((await holder.StandardOutput.ReadLineAsync(Cancel))!, System.Globalization.CultureInfo.InvariantCulture);
        var lease = Lease(holder);
        await StopAsync(holder);
        var said = await LateHolder.EndProcessAsync(lease, Notice, TimeProvider.System, Cancel);
        Assert.Contains("Ended holder (kill -9)", said, StringComparison.Ordinal);
        Assert.True(RunnerIdentity.IsDead(lease.Process));
        Assert.Null(RunnerIdentity.Describe(child));
        Assert.Null(await LateHolder.EndProcessAsync(lease, Notice, TimeProvider.System, Cancel));
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_hangs_without_being_stopped_is_ended_too_but_never_another_program()
    {
        var hanging = Start("vmmigrate-holder", "exec sleep 300");
        while (new FileInfo($"/proc/{hanging.Id}/exe").LinkTarget?.EndsWith("/sleep", StringComparison.Ordinal) != true)
        {
            await Task.Delay(20, Cancel);
        }

        await UntilItRestsAsync(hanging);
        Assert.Contains("another program (sleep)", await LateHolder.EndProcessAsync(Lease(hanging), TimeSpan.FromSeconds(1), TimeProvider.System, Cancel), StringComparison.Ordinal);
        Assert.False(hanging.HasExited);
        var waiting = Start("vmmigrate-holder", "echo; read line");
        await waiting.StandardOutput.ReadLineAsync(Cancel);
        await UntilItRestsAsync(waiting);
        Assert.Contains("stood still", await LateHolder.EndProcessAsync(Lease(waiting), TimeSpan.FromSeconds(1), TimeProvider.System, Cancel), StringComparison.Ordinal);
        await waiting.WaitForExitAsync(Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task One_that_lives_is_let_be_for_it_sees_by_itself_that_it_was_taken_over()
    {
        var holder = Start("vmmigrate-holder", "while :; do sleep 0.05; done");
        Assert.Contains("still lives", await LateHolder.EndProcessAsync(Lease(holder), Notice, TimeProvider.System, Cancel), StringComparison.Ordinal);
        Assert.False(holder.HasExited);
    }

    [Fact(Timeout = Limit)]
    public async Task Nothing_is_ended_that_is_not_the_very_process_of_the_lease()
    {
        var holder = Start("vmmigrate-holder", "echo; read line");
        await holder.StandardOutput.ReadLineAsync(Cancel);
        await StopAsync(holder);
        var lease = Lease(holder);
        var parts = lease.Process.Split('/');

        // Another boot of this machine or another machine; another namespace of process ids; an earlier process of that number; no word of it.
        foreach (var other in new[] { string.Join('/', Guid.NewGuid(), parts[1], parts[2], parts[3]), string.Join('/', parts[0], "pid:[1]", parts[2], parts[3]), string.Join('/', parts[0], parts[1], parts[2], "1"), "" })
        {
            Assert.Null(await LateHolder.EndProcessAsync(lease with { Process = other }, Notice, TimeProvider.System, Cancel));
            Assert.False(holder.HasExited);
        }
    }

    private static Lease Lease(Process holder) =>
        new("vmm-1a7e000000000000", Guid.NewGuid(), "holder", RunnerIdentity.Describe(holder.Id)!, DateTimeOffset.UtcNow.AddMinutes(-3), DateTimeOffset.UtcNow.AddMinutes(-2));

    /// <summary>It sleeps, and nothing wakes it.</summary>
    private static async Task UntilItRestsAsync(Process process)
    {
        string before;
        do
        {
            before = await File.ReadAllTextAsync($"/proc/{process.Id}/status", Cancel);
            await Task.Delay(300, Cancel);
        }
        while (!before.Contains("State:\tS", StringComparison.Ordinal) || await File.ReadAllTextAsync($"/proc/{process.Id}/status", Cancel) != before);
    }

    private static async Task StopAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-STOP", $"{process.Id}"]);
        await kill.WaitForExitAsync(Cancel);
    }

    /// <summary>A shell in a file of this name.</summary>
    private Process Start(string name, string script)
    {
        var program = Path.Combine(_folder, name);
        if (!File.Exists(program))
        {
            File.Copy("/bin/sh", program);
        }

        _started.Add(Process.Start(new ProcessStartInfo(program, ["-c", script]) { RedirectStandardOutput = true, RedirectStandardInput = true })!);
        return _started[^1];
    }
}
