using System.Collections.Immutable;
using System.Globalization;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Engine.Estimates;

/// <summary>What a run that ended has taken: as text in the stamp of the VM that it moved, for the estimates of later runs.</summary>
/// <param name="Route">From where to where: see <see cref="RunHistory.RouteOf"/>.</param>
/// <param name="Disks">How many disks the VM has.</param>
public sealed record RunRecord(MigrationMode Mode, string Route, DateTimeOffset At, int Disks, ImmutableArray<RunRecord.StepTime> Steps)
{
    /// <param name="Name">As <see cref="Engine.Steps.Step.TimedAs"/> says.</param>
    public sealed record StepTime(string Name, double Seconds, long Bytes);

    /// <summary>Such as <c>1 Cold 5f1c9a02-77b0e4d1 2026-11-25T21:00:00Z 1;stop VM 2.1;copy disks 1.93 29255680;…</c>: short, since some platforms give a note 255 letters.</summary>
    public string Write() => string.Join(
        ';',
        Steps.Select(step => step.Bytes > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{step.Name} {step.Seconds:0.##} {step.Bytes}")
                : string.Create(CultureInfo.InvariantCulture, $"{step.Name} {step.Seconds:0.##}"))
            .Prepend(string.Create(CultureInfo.InvariantCulture, $"1 {Mode} {Route} {At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} {Disks}")));

    /// <summary>Reads what <see cref="Write"/> wrote; null for anything else, such as a later version's.</summary>
    public static RunRecord? Read(string? note)
    {
        var parts = (note ?? "").Split(';');
        if (parts[0].Split(' ') is not ["1", var mode, var route, var at, var disks]
            || !Enum.TryParse<MigrationMode>(mode, out var how)
            || !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var when)
            || !int.TryParse(disks, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        var steps = ImmutableArray.CreateBuilder<StepTime>();
        foreach (var part in parts.Skip(1))
        {
            var words = part.Split(' ');
            var name = words.Length;
            var bytes = 0L;
            if (words.Length > 2 && double.TryParse(words[^2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
                && long.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out bytes))
            {
                name--;
            }

            if (name < 2 || !double.TryParse(words[name - 1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            {
                return null;
            }

            steps.Add(new StepTime(string.Join(' ', words.Take(name - 1)), seconds, bytes));
        }

        return new RunRecord(how, route, when, count, steps.ToImmutable());
    }

    /// <summary>Of a run whose last step is under way; null where its route is not known.</summary>
    public static RunRecord? Of(Run run, string lastStep, TimeSpan lastTook) => run.Route is not { } route ? null : new RunRecord(
        run.Spec.Mode,
        route,
        run.Time.GetUtcNow(),
        run.Vm.Disks.Length,
        [
            .. run.Done.Where(done => done.TimedAs.Length > 0).Select(done => new StepTime(done.TimedAs, done.Record.Took.TotalSeconds, done.Record.Bytes)),
            new StepTime(lastStep, lastTook.TotalSeconds, 0),
        ]);
}
