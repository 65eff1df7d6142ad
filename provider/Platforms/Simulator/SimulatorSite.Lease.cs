using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Simulator;

/// <content>Leases: the world's own lock makes the comparison and the change one step, between processes too.</content>
public sealed partial class SimulatorSite
{
    public override bool KeepsLeases => true;

    public override Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) =>
        ReadAsync("FindLease", null, migrationId, (_, site) => site.Leases.GetValueOrDefault(migrationId), cancellation);

    public override Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation) =>
        ChangeAsync("TrySetLease", null, $"{migrationId} {(next is null ? "release" : $"until {next.Until:HH:mm:ss} for {next.Holder}")}", (turn, site, _) =>
        {
            if (site.Leases.GetValueOrDefault(migrationId)?.Token != expected)
            {
                return false;
            }

            turn.SetLease(site, migrationId, next);
            return true;
        }, () => true, cancellation);
}
