using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Platforms.Libvirt;

// Post-copy: a guest that writes too fast changes sides, and its memory follows.
internal sealed partial class LibvirtSite
{
    /// <summary>Between two tries to go on with a post-copy that broke: the other side has to notice, too.</summary>
    private static readonly TimeSpan ResumePoll = TimeSpan.FromSeconds(1);

    /// <summary>The first libvirt that can go on with a post-copy that broke.</summary>
    private static readonly Version Resumes = new(8, 5);

    private const string Unprivileged = "/proc/sys/vm/unprivileged_userfaultfd";

    public override async Task<PostCopyAbility> FindPostCopyBlockersAsync(string vmId, Site to, CancellationToken cancellation)
    {
        if (to is not LibvirtSite there)
        {
            return new PostCopyAbility([$"site {to.Name} is no libvirt site"], null);
        }

        var blockers = ImmutableArray.CreateBuilder<string>();
        foreach (var site in new[] { this, there })
        {
            var version = await site._connection.ReadAsync("asking libvirt for its version", session => session.LibraryVersion(), cancellation).ConfigureAwait(false);
            if (version is not null && Version.TryParse(version, out var known) && known < Resumes)
            {
                blockers.Add($"libvirt {version} at site {site.Name} cannot go on with one that broke (since {Resumes})");
            }
        }

        if (!there._uri.IsLocal)
        {
            return new PostCopyAbility(blockers.ToImmutable(), $"it hangs on {Unprivileged} of site {there.Name}'s host, which is not read from here (1, or a QEMU that runs as root with its capabilities)");
        }

        // QEMU needs the kernel's userfaultfd: open to all, or to a QEMU that is root and has kept CAP_SYS_PTRACE (clear_emulator_capabilities = 0).
        var open = await ReadOrNullAsync(cancellation).ConfigureAwait(false);
        if (open == "1")
        {
            return new PostCopyAbility(blockers.ToImmutable(), null);
        }

        if (open == "0" && await there._connection.ReadAsync("asking libvirt as whom QEMU runs", RunsAsRoot, cancellation).ConfigureAwait(false) == false)
        {
            blockers.Add($"QEMU at site {there.Name} does not run as root, and {Unprivileged} is 0 on its host, so it may not wait for memory that is still to come; set sysctl vm.unprivileged_userfaultfd=1 there");
            return new PostCopyAbility(blockers.ToImmutable(), null);
        }

        return new PostCopyAbility(blockers.ToImmutable(), $"{Unprivileged} of site {there.Name}'s host is {open ?? "not there"}, so it hangs on whether QEMU keeps its capabilities (clear_emulator_capabilities = 0 in qemu.conf)");

        static async Task<string?> ReadOrNullAsync(CancellationToken cancellation)
        {
            try
            {
                return (await File.ReadAllTextAsync(Unprivileged, cancellation).ConfigureAwait(false)).Trim();
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>By the label that libvirt gives new VMs' processes; a daemon that is not root's has none, and runs them as itself.</summary>
    private static bool? RunsAsRoot(LibvirtSession session) =>
        Xml.Parse(session.Capabilities()).Element("host")!.Elements("secmodel").FirstOrDefault(model => model.Text("model") == "dac") is not { } dac
            ? false
            : dac.Elements("baselabel").FirstOrDefault()?.Value.TrimStart('+').Split(':')[0] is { } user && int.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id == 0 : null;

    private Task<bool> IsSplitAsync(string vmId) => _connection.ReadAsync(
        $"looking how VM {vmId} stands",
        session =>
        {
            using var domain = session.Domain(vmId);
            var (state, reason) = session.State(domain);
            return VmFacts.IsSplit(state, reason);
        },
        CancellationToken.None);

    /// <summary>What an earlier run left split is brought together: the hypervisors do it by themselves, or the rest is sent anew.</summary>
    private async Task<LiveResult> FinishSplitAsync(LiveRequest request, LibvirtSite there, long started, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        await using var sockets = await LiveSockets.MakeAsync(this, there, request, cancellation).ConfigureAwait(false);
        await ResumeAsync(request, there, sockets, null, progress, cancellation).ConfigureAwait(false);
        return await ArrivedAsync(request, there, started, cancellation).ConfigureAwait(false);
    }

    /// <summary>Sends what is missing, or waits for it, for as long as a lost link may stay away.</summary>
    /// <remarks>While the connection stands, QEMU goes on by itself once the link is back, and a try to go on is refused; only a connection that has broken is made anew.</remarks>
    private async Task ResumeAsync(
        LiveRequest request, LibvirtSite there, LiveSockets sockets, Exception? cause, IProgress<LiveProgress>? progress, CancellationToken cancellation)
    {
        var texts = new Dictionary<string, string>(sockets.Parameters, StringComparer.Ordinal) { ["destination_name"] = request.Target.Name };
        var since = _time.GetTimestamp();
        while (await IsSplitAsync(request.VmId).ConfigureAwait(false))
        {
            try
            {
                await MigrateAsync(request, there, texts, resume: true, progress, cancellation).ConfigureAwait(false);
                return;
            }
            catch (PlatformException e)
            {
                cause ??= e;
                if (_time.GetElapsedTime(since) > CopyLimits.Patience)
                {
                    var name = request.Target.Source.Name;
                    throw No(
                        PlatformErrorKind.TimedOut,
                        $"VM {name} changed sides before all its memory had come (post-copy, as declared), and then the way broke: {cause.Message.TrimEnd('.')}. Tries to go on for {Human.Duration(CopyLimits.Patience)} ended with: {e.Message.TrimEnd('.')}. "
                        + $"It runs at site {there.Name} and stands still wherever it needs what is still at site {Name}: switch off neither. Once the link is back, run again: the rest is sent. "
                        + $"If a host is lost for good, so is its memory: virsh destroy {name} at both sites, and run again; it starts from its disks, as after a power cut");
                }
            }

            await Task.Delay(ResumePoll, _time, cancellation).ConfigureAwait(false);
        }
    }
}
