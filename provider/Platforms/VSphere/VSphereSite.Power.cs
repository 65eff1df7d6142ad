using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.VSphere.Vim;

namespace VmMigrate.Platforms.VSphere;

// Power, and what the guest tells.
internal sealed partial class VSphereSite
{
    /// <summary>How often a guest that shuts down is looked at.</summary>
    private static readonly TimeSpan PowerPoll = TimeSpan.FromMilliseconds(500);

    /// <summary>A guest that took the first request for noise gets it again this often.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    public override async Task EnsureRunningAsync(string vmId, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var name = NameOf(vm);
        RequireConnected(vm);
        if (vm.Text("runtime.powerState") == "poweredOn")
        {
            return;
        }

        if (Fence.Of(ExtraConfig.Read(vm["config.extraConfig"])) is { } fence)
        {
            throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is fenced by migration {fence.MigrationId}, so it is not started");
        }

        if (vm.Flag("config.template") == true)
        {
            throw No(PlatformErrorKind.Refused, $"{name} at site {Name} is a template, which cannot be started");
        }

        await PowerAsync($"vSphere could not start VM {name}", vm.Ref, "PowerOnVM_Task", "poweredOn", cancellation).ConfigureAwait(false);
    }

    public override async Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var asked = started;
        var words = await AskOffAsync(vmId, force, cancellation).ConfigureAwait(false);
        while (words is not null)
        {
            var waited = _time.GetElapsedTime(started);
            if (waited >= patience)
            {
                var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
                if (vm.Text("runtime.powerState") == "poweredOff")
                {
                    return;
                }

                if (!force)
                {
                    throw No(
                        PlatformErrorKind.TimedOut,
                        $"VM {NameOf(vm)} at site {Name} did not shut down within {patience.TotalSeconds:0} s and still runs ({words}); shut it down from inside, wait longer, or allow switching it off");
                }

                await PowerAsync($"vSphere could not switch off VM {NameOf(vm)}", vm.Ref, "PowerOffVM_Task", "poweredOff", cancellation).ConfigureAwait(false);
                return;
            }

            var left = patience - waited;
            await Task.Delay(left < PowerPoll ? left : PowerPoll, _time, cancellation).ConfigureAwait(false);
            if (_time.GetElapsedTime(asked) >= AskAgain)
            {
                asked = _time.GetTimestamp();
                words = await AskOffAsync(vmId, force, cancellation).ConfigureAwait(false);
            }
            else if ((await FindAsync(vmId, ["runtime.powerState"], cancellation).ConfigureAwait(false))?.Text("runtime.powerState") == "poweredOff")
            {
                return;
            }
        }
    }

    public override async Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation) =>
        (await FindAsync(vmId, ["runtime.powerState", "guest.toolsRunningStatus"], cancellation).ConfigureAwait(false)) is { } vm
        && vm.Text("runtime.powerState") == "poweredOn"
        && vm.Text("guest.toolsRunningStatus") == "guestToolsRunning";

    /// <summary>Asks once. Without Tools there is nobody to ask: vSphere has no power button.</summary>
    /// <returns>What was done, for messages; null when the VM is off.</returns>
    private async Task<string?> AskOffAsync(string vmId, bool force, CancellationToken cancellation)
    {
        var vm = await RequireAsync(vmId, cancellation).ConfigureAwait(false);
        var name = NameOf(vm);
        RequireConnected(vm);
        switch (vm.Text("runtime.powerState"))
        {
            case "poweredOff":
                return null;
            case "suspended":
                if (!force)
                {
                    throw No(PlatformErrorKind.Refused, $"VM {name} at site {Name} is suspended with its memory on disk, so it cannot shut down cleanly; resume it, or allow switching it off");
                }

                await PowerAsync($"vSphere could not switch off VM {name}", vm.Ref, "PowerOffVM_Task", "poweredOff", cancellation).ConfigureAwait(false);
                return null;
            default:
                break;
        }

        if (vm.Text("guest.toolsRunningStatus") != "guestToolsRunning")
        {
            return "VMware Tools does not run in it, so it could not be asked";
        }

        try
        {
            await _client.ChangeAsync($"vSphere could not ask VM {name} to shut down", vm.Ref, "ShutdownGuest", cancellation).ConfigureAwait(false);
            return "Tools were asked";
        }
        catch (PlatformException exception) when (exception.NativeCode is "ToolsUnavailable" or "InvalidPowerState" or "InvalidState")
        {
            return $"it could not be asked: {exception.NativeCode}";
        }
    }

    /// <summary>A power task whose end somebody else has brought about meanwhile is done.</summary>
    private async Task PowerAsync(string what, MoRef vm, string method, string wanted, CancellationToken cancellation)
    {
        try
        {
            await WhenFreeAsync(() => _client.RunTaskAsync(what, vm, method, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (PlatformException exception) when (exception.NativeCode == "InvalidPowerState")
        {
            var now = await _client.ReadOneAsync(what, vm, ["runtime.powerState"], cancellation).ConfigureAwait(false);
            if (now?.Text("runtime.powerState") != wanted)
            {
                throw;
            }
        }
    }

    private void RequireConnected(VimObject vm)
    {
        if (vm.Text("runtime.connectionState") is { } state and not "connected")
        {
            throw No(PlatformErrorKind.Unreachable, $"VM {NameOf(vm)} at site {Name} is {state}: {(state == "orphaned" || state == "invalid" ? "its files or its registration are broken; register it anew" : "its host is not connected")}");
        }
    }

    /// <param name="toBe">What was to be done with it, such as <c>removed</c>.</param>
    private void RequireOff(VimObject vm, string toBe)
    {
        RequireConnected(vm);
        if (vm.Text("runtime.powerState") is { } state and not "poweredOff")
        {
            throw No(PlatformErrorKind.Refused, $"VM {NameOf(vm)} at site {Name} is {state}; it must be off to be {toBe}");
        }
    }
}
