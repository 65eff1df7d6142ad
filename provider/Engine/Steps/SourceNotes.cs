using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;

namespace VmMigrate.Engine.Steps;

/// <summary>Reads and writes notes on a VM's stamp as it stands on the platform now.</summary>
internal static class SourceNotes
{
    internal static Task WriteAsync(Run run, Stamp stamp, CancellationToken cancellation) =>
        run.From.EnsureStampAsync(run.Vm.Id, stamp, cancellation);

    /// <summary>Changes notes of a VM's stamp; does nothing when the VM is gone or carries no stamp of ours.</summary>
    internal static async Task UpdateAsync(Site site, string vmId, string migrationId, Func<Stamp, Stamp> change, CancellationToken cancellation)
    {
        if (await site.FindStampAsync(vmId, cancellation) is { } stamp && stamp.MigrationId == migrationId)
        {
            var changed = change(stamp);
            if (!changed.Equals(stamp))
            {
                await site.EnsureStampAsync(vmId, changed, cancellation);
            }
        }
    }
}
