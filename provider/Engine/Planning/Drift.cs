using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Planning;

/// <summary>What somebody changed by hand since the last run.</summary>
/// <remarks>
/// What matters is what was declared, and what the VM is to its guest. A host or a pool counts only where one is named in the declaration: inside a site a VM may be moved about as its cluster likes.
/// The order of disks and NICs, the letters of a hardware address and where in a pool a disk lies are no drift, and what a platform does not tell is none either.
/// </remarks>
public static class Drift
{
    public static IEnumerable<DriftItem> Find(Run run)
    {
        var seen = run.Seen;
        if (seen.HomeFence == FenceState.Broken)
        {
            yield return Touched(run);
        }

        if (seen.LostTo is { } site)
        {
            if (run.Spec.Goal < MigrationGoal.CutOver)
            {
                yield break;
            }

            yield return seen.DisksAreLeft
                ? new DriftItem(
                    DriftKind.Undefined,
                    $"The VM is fenced at \"{run.From.Name}\" and its copy is gone from \"{site}\", where its disks still lie with what it has written: its definition was taken away by hand.", true, false)
                : new DriftItem(
                    DriftKind.Deleted,
                    $"The VM is fenced at \"{run.From.Name}\" and its copy is gone from \"{site}\": it was deleted there by hand, with everything that it wrote since the cutover. "
                    + "A run that returns it makes a new copy from there as it was at the cutover.", true, false);
        }
        else if (seen.Current is { } current)
        {
            foreach (var item in At(run, current))
            {
                yield return item;
            }
        }
    }

    /// <summary>What this run leaves for drift to be measured against, and what differs from it already.</summary>
    /// <param name="now">What was seen after the run; null where nothing could be.</param>
    public static (RecordedVm? Recorded, ImmutableArray<DriftItem> Drift) Record(MigrationSpec spec, Run? now, Run run, bool succeeded)
    {
        if (now is null)
        {
            return (run.Recorded, []);
        }

        var drift = Find(now).ToImmutableArray();
        var recorded = drift.IsEmpty ? null : now.Recorded;
        if (now.Seen.Current is not { Fence: FenceState.None } current)
        {
            return (recorded, drift);
        }

        // What could not be put back stays a difference to what was recorded, until it is adopted.
        var adopts = succeeded && spec.OnDrift == DriftResponse.Adopt;
        if (recorded is null || adopts)
        {
            recorded = RecordedVm.Of(current.Site.Name, spec.Target.Site, now.ShouldRun && !(adopts && current.StoppedByHand), current.Vm);
        }

        return (recorded, adopts ? [.. drift.Where(item => !item.Adopts)] : drift);
    }

    /// <summary>What will be done about it, in a few words.</summary>
    public static string Next(DriftItem item, DriftResponse response) => (item, response) switch
    {
        ({ Kind: DriftKind.TwoRunning or DriftKind.SourceTouched }, _) => "No run does anything about it: look at both.",
        (_, DriftResponse.Ignore) => "onDrift is Ignore: nothing is done about it.",
        ({ Adopts: true }, DriftResponse.Adopt) => "onDrift is Adopt: the next run takes it over as it is and touches nothing.",
        (_, DriftResponse.Adopt) => "This cannot be adopted: set onDrift to Return, or lower the goal to go back.",
        ({ Returns: true }, _) => "The next run puts it back (onDrift: Return).",
        _ when item.WhyNot is { } why => why,
        _ => "No run can put that back: change it back by hand, declare it, or set onDrift to Adopt.",
    };

    /// <summary>Whether the next run does something about it.</summary>
    public static bool Acts(DriftItem item, DriftResponse response) => Acts(item.Returns, item.Adopts, response);

    /// <summary>The same of a difference that is in an engine's state.</summary>
    public static bool Acts(bool returns, bool adopts, DriftResponse response) => response switch
    {
        DriftResponse.Return => returns,
        DriftResponse.Adopt => adopts,
        _ => false,
    };

    private static DriftItem Touched(Run run)
    {
        var home = run.Seen.Home!;
        var what = $"{home.Name} was started or changed at \"{run.Seen.HomeSite.Name}\" by hand in spite of the fence";
        return home.Power != PowerState.Off && run.Seen.Current?.Vm.Power == PowerState.Running
            ? new DriftItem(
                DriftKind.TwoRunning, $"{what}, while it runs at \"{run.From.Name}\": two VMs with one identity. Shut down the one at \"{run.Seen.HomeSite.Name}\" (what it wrote there counts for nothing).", false, false)
            : new DriftItem(DriftKind.SourceTouched, $"{what}: its disks are not the ones that were copied, so there is no way back to them.", false, false);
    }

    private static IEnumerable<DriftItem> At(Run run, Copy current)
    {
        var (vm, site) = (current.Vm, current.Site.Name);
        var recorded = run.Recorded?.Site == site ? run.Recorded : null;
        if (run.Recorded is { } last && last.Site == last.Declared && last.Declared == run.Spec.Target.Site && last.WasMovedByHand(current))
        {
            yield return new DriftItem(DriftKind.Moved, $"{vm.Name} was left at \"{last.Site}\" and lives at \"{site}\" now: it was moved there by hand.", true, true);
        }

        if (run.ShouldRun && current is { Fence: FenceState.None, StoppedByHand: true })
        {
            yield return new DriftItem(DriftKind.Stopped, $"{vm.Name} is {Word(vm)} at \"{site}\", where it should run.", true, true);
        }

        if (site == run.Spec.Target.Site)
        {
            if (run.Spec.Target.Name is { } name && vm.Name != name)
            {
                yield return Shaped(run, DriftKind.Name, VmAspects.Name, $"The VM is called \"{vm.Name}\" at \"{site}\", not \"{name}\".", false);
            }

            if (run.Spec.Target.Host is { } host && vm.Host.TryGet(out var on) && on != host)
            {
                yield return Shaped(run, DriftKind.Host, VmAspects.Host, $"{vm.Name} is on host \"{on}\" at \"{site}\", and target.host is \"{host}\".", false);
            }

            foreach (var disk in InOtherPools(run))
            {
                yield return Shaped(run, DriftKind.Pool, VmAspects.Pool, $"Disk {disk.Name} of {vm.Name} lies in pool \"{disk.Pool.Value}\" at \"{site}\", and target.storagePool is \"{run.Spec.Target.StoragePool}\".", false);
            }
        }

        if (recorded is not null)
        {
            foreach (var item in Shape(run, recorded, vm, site))
            {
                yield return item;
            }
        }
    }

    private static IEnumerable<DriftItem> Shape(Run run, RecordedVm was, Vm vm, string site)
    {
        if (was.Cpus is { } cpus && vm.Cpus.TryGet(out var now) && now != cpus)
        {
            yield return Shaped(run, DriftKind.Cpus, VmAspects.Cpus, $"{vm.Name} has {now} vCPU{(now == 1 ? "" : "s")} at \"{site}\", and had {cpus}.", true);
        }

        if (was.MemoryBytes is { } memory && vm.MemoryBytes.TryGet(out var bytes) && bytes != memory)
        {
            yield return Shaped(run, DriftKind.Memory, VmAspects.Memory, $"{vm.Name} has {Human.Bytes(bytes)} of memory at \"{site}\", and had {Human.Bytes(memory)}.", true);
        }

        var is_ = RecordedVm.Of(site, site, true, vm);
        var lost = LostNics(was, vm).Select(nic => nic.Mac).ToHashSet(StringComparer.Ordinal);
        static string Other(string left, string right) => $"on network \"{right}\" instead of \"{left}\"";
        if (Differences(Only(was.Nics, lost.Contains), Only(is_.Nics, lost.Contains), "", Other) is { Count: > 0 } nics)
        {
            yield return Shaped(run, DriftKind.Nics, VmAspects.Nics, $"Network cards of {vm.Name} at \"{site}\" were changed: {string.Join("; ", nics)}.", true);
        }

        if (Differences(Only(was.Nics, mac => !lost.Contains(mac)), Only(is_.Nics, mac => !lost.Contains(mac)), "", Other) is { Count: > 0 } others)
        {
            // Somebody may be served by it.
            yield return Changed(DriftKind.Nics, $"Network cards of {vm.Name} at \"{site}\" were changed: {string.Join("; ", others)}.") with
            {
                WhyNot = "No run takes a network card away or guesses a network: change that by hand, or set onDrift to Adopt.",
            };
        }

        if (Differences(was.Disks, is_.Disks, 0, (left, right) => $"{Human.Bytes(right)} instead of {Human.Bytes(left)}") is { Count: > 0 } disks)
        {
            yield return Changed(DriftKind.Disks, $"Disks of {vm.Name} at \"{site}\" were changed: {string.Join("; ", disks)}.");
        }
    }

    private static Dictionary<string, string> Only(IReadOnlyDictionary<string, string> nics, Func<string, bool> which) => nics.Where(nic => which(nic.Key)).ToDictionary(StringComparer.Ordinal);

    /// <summary>The network cards that are gone, or on another network than the one on which they were left: what can be put back without taking anything away.</summary>
    internal static IEnumerable<NicShape> LostNics(RecordedVm was, Vm vm, Vm? home = null)
    {
        var now = RecordedVm.Of("", "", true, vm).Nics;
        return was.Nics.Where(nic => nic.Value.Length > 0 && (!now.TryGetValue(nic.Key, out var network) || (network.Length > 0 && network != nic.Value)))
            .Select(nic => new NicShape(nic.Key, nic.Value, home?.Nics.FirstOrDefault(one => one.Mac.Equals(nic.Key, StringComparison.OrdinalIgnoreCase)) is { } at && at.Model.TryGet(out var model) ? model : null));
    }

    /// <param name="unseen">A value that says nothing.</param>
    private static List<string> Differences<T>(IReadOnlyDictionary<string, T> was, IReadOnlyDictionary<string, T> now, T unseen, Func<T, T, string> say)
        where T : IEquatable<T> =>
    [
        .. now.Keys.Except(was.Keys).Select(name => $"{name} is new"),
        .. was.Keys.Except(now.Keys).Select(name => $"{name} is gone"),
        .. was.Where(entry => now.TryGetValue(entry.Key, out var value) && !value.Equals(entry.Value) && !value.Equals(unseen) && !entry.Value.Equals(unseen))
            .Select(entry => $"{entry.Key} is {say(entry.Value, now[entry.Key])}"),
    ];

    /// <summary>The disks that lie in another pool than the declared one, at the declared site.</summary>
    internal static IEnumerable<Disk> InOtherPools(Run run) =>
        run.Spec.Target.StoragePool is { } pool && run.Seen.Current is { } current
            ? current.Vm.Disks.Where(disk => (run.Recorded?.Site != current.Site.Name || run.Recorded.Disks.ContainsKey(disk.Name)) && disk.Pool.TryGet(out var lies) && lies != pool)
            : [];

    /// <summary>What the VM's platform may be able to put back.</summary>
    private static DriftItem Shaped(Run run, DriftKind kind, VmAspects aspect, string what, bool adopts)
    {
        var (returns, whyNot) = Steps.PutBack.Can(run, aspect);
        return new DriftItem(kind, what, returns, adopts) { WhyNot = whyNot };
    }

    private static DriftItem Changed(DriftKind kind, string what) => new(kind, what, false, true);

    private static string Word(Vm vm) => vm.PowerDetail.Length > 0 ? vm.PowerDetail : vm.Power.ToString().ToUpperInvariant();
}
