using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>Runs the declared commands in the new guest, between its start and the gates. One that fails is a gate that fails.</summary>
/// <remarks>
/// How many are done stands on the copy's stamp, so a run after a killed one does not repeat them; the one that was under way is run again. What they change is taken back with the copy: its volumes
/// are made anew of what was copied. Commands may hold secrets: nobody prints them.
/// </remarks>
internal sealed class RunHooks : Step
{
    /// <summary>While nothing is recorded: a login to a guest that boots, and a short script.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(20);

    public override string Name => "run hooks";

    public override MigrationPhase Phase => MigrationPhase.CuttingOver;

    public override TimeSpan Estimate(Run run) => First + (Each * Hooks(run).Length);

    public override string Describe(Run run) =>
        $"{string.Join(", ", Hooks(run).Select((hook, i) => $"hook {i + 1} as {hook.Ssh!.User}@{hook.Host ?? "guest"} within {Human.Duration(hook.Timeout)}"))} at {run.To.Name}, over SSH; a hook that does not end with 0 rolls the move back";

    public override Task<string> DoAsync(Run run, CancellationToken cancellation) => RunAsync(run, cancellation);

    /// <returns>What was done; empty where there are none.</returns>
    internal static async Task<string> RunAsync(Run run, CancellationToken cancellation)
    {
        var hooks = Hooks(run);
        var id = run.CopyId!;
        var done = hooks.Length == 0 ? 0 : Done(await run.To.InspectAsync(id, cancellation));
        var said = new List<string>();
        for (var i = 0; i < hooks.Length; i++)
        {
            var which = $"hook {i + 1} of {hooks.Length}";
            if (i < done)
            {
                said.Add($"{which} was done by an earlier run");
                continue;
            }

            var hook = hooks[i];
            run.Events.Status("run hooks", $"{which}: waiting for a login");
            await GuestProbe.WaitForAllAsync(run, [hook with { Ssh = hook.Ssh! with { Command = "true" } }], run.To, id, cancellation);
            run.Events.Status("run hooks", $"{which} runs");
            var since = run.Time.GetTimestamp();
            var address = hook.Host ?? (await run.To.InspectAsync(id, cancellation))?.Addresses.FirstOrDefault()
                ?? throw new PlatformException(PlatformErrorKind.NotFound, run.To.Name, $"{which} has nowhere to go: the new VM of {run.Name} at {run.To.Name} tells no address.");
            var (ended, what) = await SshGate.RunScriptAsync(hook, address, run.Spec.SshKeys, cancellation);
            if (!ended)
            {
                throw new PlatformException(PlatformErrorKind.Refused, run.To.Name, $"{which} (as {hook.Ssh!.User}@{address}) {what}, so the new VM of {run.Name} is not accepted");
            }

            await SourceNotes.UpdateAsync(run.To, id, run.MigrationId, stamp => stamp.With(StampNotes.Hooks, (i + 1).ToString(CultureInfo.InvariantCulture)), cancellation);
            said.Add($"{which} ended well after {Human.Duration(run.Time.GetElapsedTime(since))}");
        }

        return string.Join("; ", said);
    }

    private static ImmutableArray<ProbeSpec> Hooks(Run run) => run.Spec.Replatform?.Hooks ?? [];

    private static int Done(Vm? copy) => int.TryParse(copy?.Stamp?[StampNotes.Hooks], NumberStyles.None, CultureInfo.InvariantCulture, out var done) ? done : 0;
}
