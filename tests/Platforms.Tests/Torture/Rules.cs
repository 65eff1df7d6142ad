using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Driving;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>The invariants, as facts about the simulated world: what runs where, which writes are on which disk, what is left behind.</summary>
internal sealed class Rules(Rehearsal world)
{
    private static readonly string[] Sites = ["dc1", "dc2", "dc3"];

    /// <summary>The last write seen on the disks of the place where the VM ran: it must not be missing later.</summary>
    private long _floor;

    private string _uuid = "";
    private bool _mayBeDown;
    private bool _stoppedByHand;
    private bool _adoptedOff;
    private string[] _before = [];

    internal async Task BeginAsync()
    {
        _uuid = (await world.Time.RunAsync(() => world.Sites().Find("dc1")!.FindByNameAsync(Rehearsal.VmName, default))).Single().Uuid.Value;
        await CheckAsync();
    }

    internal static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new RuleBrokenException(what);
        }
    }

    internal void MayLoseWrites() => _floor = 0;

    internal void MayBeDown() => _mayBeDown = true;

    /// <summary>A hand has switched the VM off. A run that adopts drift may leave it so, for good.</summary>
    internal void StoppedByHand() => (_mayBeDown, _stoppedByHand) = (true, true);

    internal Task<string[]> RunningAsync() => world.Time.RunAsync(async () =>
    {
        var running = new List<string>();
        var book = world.Sites();
        foreach (var site in Sites)
        {
            if ((await book.Find(site)!.FindByNameAsync(Rehearsal.VmName, default)).Any(vm => vm.Power == PowerState.Running))
            {
                running.Add(site);
            }
        }

        return running.ToArray();
    });

    /// <summary>Holds at every moment.</summary>
    internal async Task CheckAsync()
    {
        Require((world.World.Watch(_uuid)?.DoubleRunsNotByHand ?? 0) == 0, "two copies ran at once, and nobody did that by hand");
        if (await RunningAsync() is [var at])
        {
            var journal = world.World.CheckJournal(at, _uuid);
            Require(journal.Damaged.IsEmpty, $"writes are damaged at {at}: {string.Join(", ", journal.Damaged)}");

            // A copy that was started and not accepted yet holds more writes than count; those of before must be there in any case.
            Require(journal.OnDisk >= _floor, $"writes are missing at {at}: it has {journal.OnDisk}, there were {_floor}");
            if (await IsAcceptedAsync(at))
            {
                _floor = journal.OnDisk;
            }
        }
    }

    internal async Task BeforeRunAsync() => _before = await RunningAsync();

    /// <summary>A process that lived to its end leaves the VM running if it ran, and says the truth.</summary>
    /// <param name="other">Another one that worked at the same time.</param>
    internal async Task AfterRunAsync(MigrationSpec spec, History.End end, History.End? other)
    {
        var running = await RunningAsync();
        if (running.Length == 1)
        {
            _stoppedByHand = _adoptedOff = false;
        }
        else if (_stoppedByHand && spec.OnDrift == DriftResponse.Adopt)
        {
            _adoptedOff = true;
        }

        foreach (var one in new[] { end, other })
        {
            _mayBeDown |= one is { Died: true } or { Outcome.UndoFailed: true } or { Outcome.TakenOver: true };
        }

        if (!_mayBeDown && _before.Length == 1)
        {
            Require(running.Length == 1, $"the VM ran, and after a run that ended in order {running.Length} copies run");
        }

        if (other is null && end is { Outcome: { Failed: null, Done.IsEmpty: false } })
        {
            // One that leaves drift alone may still clear away what an earlier run has left.
            Require(running.Length == 1 || _adoptedOff || (_stoppedByHand && spec.OnDrift == DriftResponse.Ignore), $"a run reported success, and {running.Length} copies run");
            _mayBeDown = false;
        }
    }

    internal async Task CheckEndAsync(MigrationSpec spec, bool removal)
    {
        await CheckAsync();
        var place = removal || spec.Goal < MigrationGoal.CutOver ? "dc1" : spec.Target.Site;
        var running = await RunningAsync();
        Require((running is [var at] && at == place) || (running is [] && _adoptedOff), $"the VM should run at {place} alone, and runs at {string.Join(", ", running)}");
        await world.Time.RunAsync(async () =>
        {
            var book = world.Sites();
            Require(!await LeaseStandsAsync(), "a lease is left");
            var id = MigrationId.Stamp(spec.Vm);
            foreach (var name in Sites)
            {
                var site = book.Find(name)!;
                var (vms, disks) = ((await site.FindByNameAsync(Rehearsal.VmName, default)).Length, (await site.FindStampedDisksAsync(id, default)).Length);
                var stamped = (await site.FindStampedAsync(id, default)).Length;
                var home = name == "dc1";
                var (wantVms, wantDisks, wantStamped) = (removal || spec.Goal == MigrationGoal.Validated, spec.Goal) switch
                {
                    (true, _) => (home ? 1 : 0, 0, 0),
                    (_, MigrationGoal.Replicated or MigrationGoal.Tested) => (home ? 1 : 0, name == spec.Target.Site ? 2 : 0, home ? 1 : 0),
                    (_, MigrationGoal.CutOver) => (home || name == place ? 1 : 0, name == place ? 2 : 0, home || name == place ? 1 : 0),
                    _ => (name == place ? 1 : 0, 0, 0),
                };
                Require(vms == wantVms, $"{name} has {vms} VMs, not {wantVms}");
                Require(disks == wantDisks, $"{name} has {disks} disks of ours, not {wantDisks}");
                Require(stamped == wantStamped, $"{name} has {stamped} stamped VMs, not {wantStamped}");
            }

            if (!removal && spec.Goal == MigrationGoal.CutOver)
            {
                var source = (await book.Find("dc1")!.FindByNameAsync(Rehearsal.VmName, default)).Single();
                Require(await book.Find("dc1")!.InspectFenceAsync(source.Id, id, default) == FenceState.Standing, "the source has no fence");
            }
        });
    }

    /// <summary>What a hand has made of the VM's shape since it was recorded is put back.</summary>
    internal async Task CheckShapeAsync(RecordedVm? recorded)
    {
        if (recorded is not null && await world.ObserveAsync(Rehearsal.Spec()) is { Place: { } place } && place.Site.Name == recorded.Site)
        {
            Require(
                (place.Vm.Cpus.Value, place.Vm.MemoryBytes.Value) == (recorded.Cpus, recorded.MemoryBytes),
                $"the VM has {place.Vm.Cpus.Value} vCPUs and {place.Vm.MemoryBytes.Value} bytes of memory at {recorded.Site}, and was left with {recorded.Cpus} and {recorded.MemoryBytes}");
        }
    }

    private async Task<bool> IsAcceptedAsync(string at)
    {
        if (at == "dc1")
        {
            return true;
        }

        var vm = (await world.Time.RunAsync(() => world.Sites().Find(at)!.FindByNameAsync(Rehearsal.VmName, default))).Single();
        return vm.Stamp is null || vm.Stamp[StampNotes.Accepted] is not null;
    }

    private async Task<bool> LeaseStandsAsync() => await world.Sites().Find("dc1")!.FindLeaseAsync(MigrationId.Stamp(Rehearsal.Spec().Vm), default) is not null;
}
