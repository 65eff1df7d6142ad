using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Steps;

/// <summary>Commit: the source is removed, or kept aside as declared. There is no way back from here.</summary>
internal sealed partial class RetireSource : Step
{
    public override string Name => "retire source";

    public override MigrationPhase Phase => MigrationPhase.Committed;

    public override bool IsPointOfNoReturn => true;

    public override string Describe(Run run) => run.Seen.Home is not { } home
        ? "the source is gone already"
        : run.Spec.CommitSource == SourceAfterCommit.Remove
            ? $"delete {home.Name} and its disks at {run.Seen.HomeSite.Name}: no way back after this"
            : run.Spec.CommitSource == SourceAfterCommit.Archive
            ? $"put {home.Name} away at {run.Seen.HomeSite.Name} as {ArchiveName(home.Name, run)}, off, unable to start and without our stamp; its disks are kept"
            : $"leave {home.Name} off and fenced at {run.Seen.HomeSite.Name} for somebody to delete";

    public override async Task<string> DoAsync(Run run, CancellationToken cancellation)
    {
        if (run.Seen.Home is not { } home)
        {
            // By a run that was killed, perhaps, which had more to do there.
            await run.Seen.HomeSite.EnsureNothingLeftAsync(run.MigrationId, cancellation);
            return "the source was gone already";
        }

        if (run.Spec.CommitSource == SourceAfterCommit.Keep)
        {
            await run.Seen.HomeSite.EnsureTrackingRemovedAsync(home.Id, run.MigrationId, cancellation);

            // The kept source says itself that it was given up: no later run, with or without state, starts it beside the VM.
            await SourceNotes.UpdateAsync(
                run.Seen.HomeSite, home.Id, run.MigrationId, stamp => stamp.With(Contracts.StampNotes.Committed, run.Now).With(Contracts.StampNotes.Points, null), cancellation);
            return $"{home.Name} is kept at {run.Seen.HomeSite.Name}, off and fenced";
        }

        // The copy must be there and accepted at this very moment: what is removed now was the way back.
        var copies = await run.To.FindStampedAsync(run.MigrationId, cancellation);
        if (!copies.Any(copy => copy.Stamp?[Contracts.StampNotes.Accepted] is not null))
        {
            throw new Contracts.PlatformException(
                Contracts.PlatformErrorKind.Refused, run.To.Name,
                $"The moved VM was not found at {run.To.Name} with its proof, so the source at {run.Seen.HomeSite.Name} is not deleted.");
        }

        if (run.Spec.CommitSource == SourceAfterCommit.Archive)
        {
            var site = run.Seen.HomeSite;
            await site.EnsureTrackingRemovedAsync(home.Id, run.MigrationId, cancellation);
            var (wanted, name) = (ArchiveName(home.Name, run), ArchiveName(home.Name, run));
            for (var number = 2; (await site.FindByNameAsync(name, cancellation)).Any(other => other.Id != home.Id); number++)
            {
                name = $"{wanted}-{number}";
            }

            await site.EnsureArchivedAsync(home.Id, run.MigrationId, name, cancellation);
            return $"{home.Name} is archived at {site.Name} as {name}";
        }

        await run.Seen.HomeSite.EnsureRemovedAsync(home.Id, run.MigrationId, cancellation);
        if (await run.Seen.HomeSite.InspectAsync(home.Id, cancellation) is not null)
        {
            throw Proven.Untrue(run.Seen.HomeSite, $"{home.Name} was removed, and it is there");
        }

        return $"{home.Name} is gone from {run.Seen.HomeSite.Name}";
    }

    /// <summary>One that a run that died has renamed already keeps its name.</summary>
    private static string ArchiveName(string name, Run run) => ArchivedName().IsMatch(name)
        ? name
        : $"{name}-archived-{run.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)}";

    [System.Text.RegularExpressions.GeneratedRegex(@"-archived-\d{4}-\d\d-\d\d(-\d+)?$")]
    private static partial System.Text.RegularExpressions.Regex ArchivedName();
}
