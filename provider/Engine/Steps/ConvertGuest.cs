using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Guests;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Fits the copied guest to its new platform before it first starts there: drivers, initramfs, boot loader, by the target's own tool.</summary>
/// <remarks>
/// From its first write on the copy is no copy of the source any more: the notes that say it is are taken away before, so a run that is killed here copies again what differs, and converts again.
/// That is its undo, too.
/// </remarks>
internal sealed class ConvertGuest : Step
{
    /// <summary>Without KVM a Windows guest takes long.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(40);

    public override string Name => "convert guest";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => TimeSpan.FromMinutes(2);

    public override string Describe(Run run) => Of(run) is { } tool
        ? $"{tool.Program} on the copied disks of {run.Name}, before it first starts at {run.To.Name}: {tool.Does}{(tool.WhyNeeded(run.Vm) is { } why ? $" ({why})" : "")}; the source is not touched"
        : "nothing to convert";

    /// <summary>The tool that this run's guest is converted by; null where it is not to be, or there is none.</summary>
    internal static GuestConversion? Of(Run run) => run.Spec.Replatform is null && run.To.ConversionFrom(run.From.Platform) is { } tool && run.Spec.Conversion switch
    {
        Conversion.Required => true,
        Conversion.Auto => tool.IsInstalled && tool.WhyNeeded(run.Vm) is not null,
        _ => false,
    } ? tool : null;

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        var tool = Of(run)!;
        var open = new List<IAsyncDisposable>();
        try
        {
            var targets = new List<DiskAccess>();
            var readers = new List<BlockReader>();
            foreach (var disk in run.Vm.Disks)
            {
                targets.Add(await run.To.OpenDiskAsync(run.Disks[disk.Name], cancellation));
                open.Add(targets[^1]);
                readers.Add(targets[^1].OpenReader());
                open.Add(readers[^1]);
            }

            var converter = new GuestConverter();
            open.Add(converter);
            run.Events.Status(Name, $"{tool.Program} works on {run.Name}");
            var words = await converter.RunAsync(run.To.Name, tool, run.Vm, readers, Limit, cancellation);

            await SourceNotes.UpdateAsync(
                run.From, run.Vm.Id, run.MigrationId,
                stamp => run.Vm.Disks.Aggregate(stamp.With(StampNotes.Converted, tool.Program).With(StampNotes.Synced, null).With(StampNotes.Replicated, null), (all, disk) => all.With(StampNotes.CopiedPrefix + disk.Name, null)),
                cancellation);
            long written = 0;
            for (var i = 0; i < targets.Count; i++)
            {
                if (converter.ChangesOf(i) is not { } changes)
                {
                    continue;
                }

                await using var content = changes.Content;
                await RoundSync.RunAsync(run, run.Vm.Disks[i].Name, content, targets[i], changes.Ranges, targetIsZero: false, whole: false, "write what was converted", null, cancellation);
                written += changes.Ranges.TotalBytes;
            }

            run.Converted = tool;
            return $"{tool.Program} changed {Human.Bytes(written)} on the copied disks ({tool.Does}){(words.Length > 0 ? $": {words}" : "")}";
        }
        finally
        {
            open.Reverse();
            foreach (var one in open)
            {
                await one.DisposeAsync();
            }
        }
    }
}
