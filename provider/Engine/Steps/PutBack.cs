using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The moved VM gets the name, the place and the shape again that a hand has taken from it.</summary>
/// <remarks>Not taken back after a later failure: the next run would do it again.</remarks>
internal sealed class PutBack(VmShape shape) : Step
{
    public override string Name => "put back";

    public override MigrationPhase Phase => MigrationPhase.CutOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(1);

    public override string Describe(Run run) => $"{run.Vm.Name} at {run.From.Name} as it was: {string.Join(", ", Words(run.Vm))}";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        await run.From.EnsureShapedAsync(run.Vm.Id, run.MigrationId, shape, cancellation);
        return $"{shape.Name ?? run.Vm.Name} at {run.From.Name}: {string.Join(", ", Words(run.Vm))}";
    }

    /// <summary>The steps that put back what can be, where that is declared; none where there is nothing to.</summary>
    /// <param name="stopped">The VM is down after them, and has to be started.</param>
    internal static ImmutableArray<Step> For(Run run, out bool stopped)
    {
        var shape = Wanted(run);
        stopped = Running(run.Vm) && (shape.Aspects & ~run.From.Capabilities.ChangesRunning) != 0;
        return shape.Aspects == VmAspects.None ? [] : [.. stopped ? [.. WaitForWindow.For(run), new StopCopy()] : Array.Empty<Step>(), new PutBack(shape)];
    }

    /// <summary>Whether a run puts such a thing back, and why not where it would under other circumstances.</summary>
    internal static (bool Returns, string? WhyNot) Can(Run run, VmAspects aspect)
    {
        var able = run.From.Capabilities;
        return !Running(run.Vm)
            ? ((able.ChangesOff & aspect) != 0, null)
            : (able.ChangesRunning & aspect) != 0 || ((able.ChangesOff & aspect) != 0 && run.Spec.RestartForDrift)
            ? (true, null)
            : (able.ChangesOff & aspect) != 0
            ? (false, $"\"{run.From.Name}\" changes that only while the VM is off: a run that finds it off puts it back. Set shutdown.forDrift to true to have the next run shut it down for that and start it again, or set onDrift to Adopt.")
            : (false, null);
    }

    private static bool Running(Vm vm) => vm.Power != PowerState.Off;

    private static VmShape Wanted(Run run)
    {
        var shape = new VmShape();
        foreach (var item in run.Spec.OnDrift == DriftResponse.Return ? Drift.Find(run).Where(item => item.Returns) : [])
        {
            shape = item.Kind switch
            {
                DriftKind.Name => shape with { Name = run.Spec.Target.Name },
                DriftKind.Host => shape with { Host = run.Spec.Target.Host },
                DriftKind.Pool => shape with { StoragePool = run.Spec.Target.StoragePool, Disks = [.. Drift.InOtherPools(run).Select(disk => disk.Name)] },
                DriftKind.Cpus => shape with { Cpus = run.Recorded!.Cpus },
                DriftKind.Nics => shape with { Nics = [.. Drift.LostNics(run.Recorded!, run.Vm, run.Seen.Home)] },
                DriftKind.Memory => shape with { MemoryBytes = run.Recorded!.MemoryBytes },
                _ => shape,
            };
        }

        return shape;
    }

    private IEnumerable<string> Words(Vm vm)
    {
        if (shape.Name is { } name)
        {
            yield return $"named \"{name}\" instead of \"{vm.Name}\"";
        }

        if (shape.Cpus is { } cpus)
        {
            yield return $"{cpus} vCPU{(cpus == 1 ? "" : "s")}{(vm.Cpus.TryGet(out var had) ? $" instead of {had}" : "")}";
        }

        if (shape.MemoryBytes is { } memory)
        {
            yield return $"{Human.Bytes(memory)} of memory{(vm.MemoryBytes.TryGet(out var had) ? $" instead of {Human.Bytes(had)}" : "")}";
        }

        foreach (var nic in shape.Nics)
        {
            yield return vm.Nics.FirstOrDefault(one => one.Mac.Equals(nic.Mac, StringComparison.OrdinalIgnoreCase)) is { } there
                ? $"network card {nic.Mac} on \"{nic.Network}\"{(there.Network.TryGet(out var other) ? $" instead of \"{other}\"" : "")}"
                : $"network card {nic.Mac} attached again, to \"{nic.Network}\"";
        }

        if (shape.Host is { } host)
        {
            yield return $"on host \"{host}\"{(vm.Host.TryGet(out var on) ? $" instead of \"{on}\"" : "")}";
        }

        if (shape.StoragePool is { } pool)
        {
            yield return $"{string.Join(" and ", shape.Disks)} in pool \"{pool}\"";
        }
    }
}
