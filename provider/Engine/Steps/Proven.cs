using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Steps;

/// <summary>That a platform has reported success is no proof: what a step is for is looked at before it counts as done.</summary>
/// <remarks>Where it is not so, the platform counts as one whose reply was lost: the step is done again, which mends what did not come about, and fails where it does not.</remarks>
internal static class Proven
{
    /// <summary>Starts a VM, and sees that it is not off.</summary>
    internal static async Task RunningAsync(Site site, string vmId, string name, CancellationToken cancellation)
    {
        await site.EnsureRunningAsync(vmId, cancellation);
        if (await site.InspectAsync(vmId, cancellation) is not { Power: not PowerState.Off })
        {
            throw Untrue(site, $"{name} was started, and it is off");
        }
    }

    /// <summary>Takes the stamp off a VM, and sees that it is off.</summary>
    internal static async Task UnstampedAsync(Site site, string vmId, string migrationId, CancellationToken cancellation)
    {
        await site.EnsureStampAsync(vmId, null, cancellation);
        if (await site.InspectAsync(vmId, cancellation) is { Stamp: { } stamp } vm && stamp.MigrationId == migrationId)
        {
            throw Untrue(site, $"the stamp of {vm.Name} was removed, and it is there");
        }
    }

    /// <summary>Switches a VM off that nobody is to miss, and sees that it is off: what comes next may start another of the same identity.</summary>
    internal static async Task OffAsync(Site site, string vmId, TimeSpan patience, CancellationToken cancellation)
    {
        await site.EnsureOffAsync(vmId, patience, force: true, cancellation);
        if (await site.InspectAsync(vmId, cancellation) is { Power: not PowerState.Off } vm)
        {
            throw Untrue(site, $"{vm.Name} was switched off, and it is {vm.PowerDetail}");
        }
    }

    /// <summary>Changes notes, and reads them again: none of those that were to change is as it was. How a platform writes them down is its own affair.</summary>
    internal static async Task NotedAsync(Site site, string vmId, string migrationId, Func<Stamp, Stamp> change, CancellationToken cancellation)
    {
        (Stamp Before, Stamp Wanted)? written = null;
        await SourceNotes.UpdateAsync(
            site, vmId, migrationId,
            stamp =>
            {
                var wanted = change(stamp);
                written = (stamp, wanted);
                return wanted;
            },
            cancellation);
        if (written is not { } notes || notes.Wanted.Equals(notes.Before))
        {
            return;
        }

        var now = await site.FindStampAsync(vmId, cancellation);
        if (notes.Before.Notes.Keys.Concat(notes.Wanted.Notes.Keys).FirstOrDefault(note => notes.Before[note] != notes.Wanted[note] && now?[note] == notes.Before[note]) is { } untold)
        {
            throw Untrue(site, $"note \"{untold}\" of the VM {vmId} was written, and it is as it was");
        }
    }

    internal static PlatformException Untrue(Site site, string what) => new(PlatformErrorKind.Lost, site.Name, $"{site.Name} reports that {what}");
}
