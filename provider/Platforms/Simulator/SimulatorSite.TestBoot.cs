using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Platforms.Simulator.Worlds;

namespace VmMigrate.Platforms.Simulator;

/// <content>Test boots: a VM on copies of a migration's disks, which nobody else knows.</content>
public sealed partial class SimulatorSite
{
    private const string CloneMark = "#test";

    public override Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation) =>
        ChangeAsync("EnsureTestClone", IdOfClone(request.Stamp.MigrationId), request.Name, (turn, site, cut) =>
        {
            var id = IdOfClone(request.Stamp.MigrationId);
            Remove(turn, site, request.Stamp.MigrationId, cut);
            if (site.Vms.Values.FirstOrDefault(vm => vm.Name == request.Name) is { } other)
            {
                throw No(PlatformErrorKind.Refused, $"The name \"{request.Name}\" is taken by another VM, {other.Id}.");
            }

            var clone = Make(turn, site, id, request);
            clone.Nics.Clear();
            for (var i = 0; i < clone.Disks.Count; i++)
            {
                clone.Disks[i] = clone.Disks[i] with { Location = clone.Disks[i].Location + CloneMark };
            }

            site.Vms[id] = clone;
            turn.Touch(clone);
            turn.Say(site, clone, "defined for a test");
            cut();
            foreach (var disk in request.Disks)
            {
                turn.Clone(site, site.Disks[disk.Location], disk.Location + CloneMark);
                cut();
            }

            return id;
        }, () => IdOfClone(request.Stamp.MigrationId), cancellation);

    public override Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation) =>
        ChangeAsync("EnsureTestClonesRemoved", IdOfClone(migrationId), migrationId, (turn, site, cut) => Remove(turn, site, migrationId, cut), cancellation);

    private static string IdOfClone(string migrationId) => $"test-{migrationId}";

    private static void Remove(Turn turn, SiteState site, string migrationId, Action cut)
    {
        if (!site.Vms.TryGetValue(IdOfClone(migrationId), out var clone))
        {
            return;
        }

        if (clone.Power != PowerState.Off)
        {
            turn.PowerOff(site, clone, turn.Now, "switched off");
            cut();
        }

        foreach (var attached in clone.Disks)
        {
            if (site.Disks.TryGetValue(attached.Location, out var disk))
            {
                turn.Remove(site, disk);
                cut();
            }
        }

        turn.Remove(site, clone, "test removed");
    }
}
