using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Copies a VM's disks side by side, as many as both sites allow. The first failure stops the others, and all have ended when it is told.</summary>
internal static class DisksAtOnce
{
    /// <param name="to">The site that is written to; the other is <see cref="Run.From"/>.</param>
    /// <param name="copy">Copies one disk; gives its proof and what is to be said.</param>
    /// <returns>What was said, in the order of the disks. The proofs are in the run.</returns>
    internal static async Task<IReadOnlyList<string>> RunAsync(
        Run run, Site to, Func<Disk, CopyMeter, CancellationToken, Task<(DiskProof Proof, string Said)>> copy, CancellationToken cancellation)
    {
        var meter = new CopyMeter(run);
        foreach (var disk in run.Vm.Disks)
        {
            meter.Expect(disk.Name, CopyDisks.Bytes(disk));
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tasks = new List<Task<(DiskProof Proof, string Said)>>();
        foreach (var disk in run.Vm.Disks)
        {
            tasks.Add(OneAsync(disk));
        }

        // Throws the failure itself before the cancellations that it caused.
        await Task.WhenAll(tasks);
        foreach (var task in tasks)
        {
            run.Proofs.Add((await task).Proof);
        }

        return [.. tasks.Select(task => task.Result.Said)];

        async Task<(DiskProof, string)> OneAsync(Disk disk)
        {
            using var place = await DiskSlots.TakeAsync(run.From.Name, run.From.DiskSlots, to.Name, to.DiskSlots, stop.Token);
            try
            {
                return await copy(disk, meter, stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    internal static string Say(Disk disk, DiskAccess from, DiskAccess to, CopyResult result) =>
        $"{disk.Name}: {Human.Bytes(result.WrittenBytes)} in {Human.Duration(result.Duration)}"
        + (result.ResumedBytes > 0 ? $", {Human.Bytes(result.ResumedBytes)} done by an earlier run" : "")
        + (result.SameBytes > 0 ? $", {Human.Bytes(result.SameBytes)} there already" : "")
        + (result.Reconnects > 0 ? $", {result.Reconnects} lost connections opened again" : "")
        + $", digests equal ({result.TargetDigest}); {from.Description} to {to.Description}";

    /// <summary>How the disks will be reached, for preview.</summary>
    internal static string Ways(Site from, Site to, ImmutableArray<Disk> disks)
    {
        var ways = disks.Select(disk => (from.DescribeAccess(disk, disk.Format.Or(null!)), to.DescribeAccess(null, disk.Format.Or(null!))))
            .Select(way => (way.Item1 ?? way.Item2) is null ? "" : $"{way.Item1 ?? "as usual"} to {way.Item2 ?? "as usual"}").Distinct().Where(way => way.Length > 0).ToList();
        return ways.Count == 0 ? "" : $"; {string.Join(", ", ways)}";
    }
}
