using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>Starts the server's tasks and waits until they say how they ended.</summary>
internal static class VimTasks
{
    /// <summary>How long the server holds a wait in which nothing happens. Proxies cut what is silent for longer than a minute.</summary>
    private const int HoldSeconds = 40;

    /// <summary>How often a wait is taken up again after the session or the connection was lost, before it is given up.</summary>
    private const int MostLosses = 5;

    /// <summary>Calls a method that returns a task, and waits for its end.</summary>
    /// <returns>The task's result, where it has one.</returns>
    internal static async Task<XElement?> RunTaskAsync(
        this VimClient client, string what, MoRef on, string method, CancellationToken cancellation, params object?[] arguments)
    {
        var started = await client.ChangeAsync(what, on, method, cancellation, arguments).ConfigureAwait(false);
        return await client.WaitForTaskAsync(what, MoRef.Of(started.Child("returnval")!), null, cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits for a task's end. Cancelling asks the server to cancel the task where that is possible, and waits for how it ended.</summary>
    internal static async Task<XElement?> WaitForTaskAsync(
        this VimClient client, string what, MoRef task, IProgress<int>? progress, CancellationToken cancellation)
    {
        var losses = 0;
        while (true)
        {
            try
            {
                return await WatchAsync(client, what, task, progress, cancellation).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.NativeCode is null && exception.Kind is PlatformErrorKind.Lost or PlatformErrorKind.Unreachable or PlatformErrorKind.TimedOut && ++losses <= MostLosses)
            {
                // The task goes on without us.
                await Task.Delay(TimeSpan.FromSeconds(losses), cancellation).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.ObjectGone && ++losses <= MostLosses)
            {
                // Our collector is gone with its session; where the task itself is, the next round says so.
                if (losses > 1 && await client.ReadOneAsync(what, task, ["info.state"], cancellation).ConfigureAwait(false) is null)
                {
                    throw new PlatformException(PlatformErrorKind.Lost, client.Site, $"{what}: the task {task.Value} is not known to the server any more, so how it ended is not known", exception);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                await CancelAsync(client, task).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>A task's state, progress and error as it is now; null when the server has forgotten it.</summary>
    internal static async Task<XElement?> TaskInfoAsync(this VimClient client, string what, MoRef task, CancellationToken cancellation) =>
        (await client.ReadOneAsync(what, task, ["info"], cancellation).ConfigureAwait(false))?["info"];

    private static async Task<XElement?> WatchAsync(VimClient client, string what, MoRef task, IProgress<int>? progress, CancellationToken cancellation)
    {
        var shared = (await client.ContentAsync(cancellation).ConfigureAwait(false)).PropertyCollector;
        var collector = MoRef.Of((await client.ReadAsync(what, shared, "CreatePropertyCollector", cancellation).ConfigureAwait(false)).Child("returnval")!);
        try
        {
            await client.ReadAsync(
                what, collector, "CreateFilter", cancellation,
                El("spec", VimProperties.PropSet(task.Type, ["info.state", "info.progress", "info.error", "info.result"]), El("objectSet", Ref("obj", task), El("skip", false))),
                El("partialUpdates", false)).ConfigureAwait(false);
            var seen = new Dictionary<string, XElement?>(StringComparer.Ordinal);
            var version = "";
            while (true)
            {
                var reply = await client.WaitAsync(
                    what, collector, "WaitForUpdatesEx", TimeSpan.FromSeconds(HoldSeconds + 30), cancellation,
                    El("version", version), El("options", El("maxWaitSeconds", HoldSeconds))).ConfigureAwait(false);
                if (reply.Child("returnval") is not { } update)
                {
                    continue;
                }

                version = update.Text("version") ?? "";
                foreach (var change in update.Children("filterSet").SelectMany(filter => filter.Children("objectSet")).SelectMany(one => one.Children("changeSet")))
                {
                    seen[change.Text("name")!] = change.Child("val");
                }

                switch (seen.GetValueOrDefault("info.state")?.Value)
                {
                    case "success":
                        return seen.GetValueOrDefault("info.result");
                    case "error":
                        // The error may come with a later update than the state.
                        var error = seen.GetValueOrDefault("info.error") ?? (await client.TaskInfoAsync(what, task, cancellation).ConfigureAwait(false)).Child("error");
                        throw VSphereErrors.FromTask(client.Site, what, error ?? new XElement("error"));
                    default:
                        if (seen.GetValueOrDefault("info.progress")?.Value is { } text && int.TryParse(text, out var percent))
                        {
                            progress?.Report(percent);
                        }

                        break;
                }
            }
        }
        finally
        {
            await VimProperties.ForgetAsync(client, collector, "DestroyPropertyCollector").ConfigureAwait(false);
        }
    }

    private static async Task CancelAsync(VimClient client, MoRef task)
    {
        try
        {
            await client.ChangeAsync("cancelling a task", task, "CancelTask", CancellationToken.None).ConfigureAwait(false);
        }
        catch (PlatformException)
        {
            // Most tasks cannot be cancelled; such a one ends by itself, and the next run finds what it left.
        }
    }
}
