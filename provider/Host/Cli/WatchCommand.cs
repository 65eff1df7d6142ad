using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Text;
using VmMigrate.Host.Resources.Migration;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Cli;

/// <summary><c>vmmigrate watch</c>: all migrations of some sites, from any machine, as their stamps tell.</summary>
internal static class WatchCommand
{
    /// <summary>In a log, a line that says nothing new would only fill it.</summary>
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(30);

    internal static Command New(TimeProvider time)
    {
        var config = SitesOption.New();
        var site = new Option<string?>("--site") { Description = "Only migrations from or to this site. Default: of all sites in the config.", HelpName = "site" };
        var once = new Option<bool>("--once") { Description = "Look once and end." };
        var interval = new Option<string>("--interval") { Description = "How long to wait between looks.", DefaultValueFactory = _ => "2s", HelpName = "duration" };
        var format = new Option<string>("--format", "-f") { Description = "How to write what is seen; json is one document a line.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var command = new Command("watch", "Show all migrations as the platforms tell them: phase, who drives them, what is copied, who is down. Needs no state and no declaration; only reads. Ends with Ctrl-C.");
        foreach (var option in (Option[])[config, site, once, interval, format])
        {
            command.Options.Add(option);
        }

        command.SetAction((result, cancellation) => CliRun.GuardAsync(result, async () =>
        {
            var wait = Quantity.Duration(result.GetValue(interval)!) is { } length && length > TimeSpan.Zero
                ? length : throw new CliException($"--interval wants a duration such as 2s; \"{result.GetValue(interval)}\" is not that.");
            var (provider, redactor) = SitesOption.Open(result.GetValue(config), result.InvocationConfiguration.Error, time);
            await using (provider)
            {
                if (result.GetValue(site) is { } only && !provider.Previews.Names.Contains(only))
                {
                    throw new CliException($"The config has no site \"{only}\".{Engine.Checks.NearestName.Question(only, provider.Previews.Names)} It has: {Placement.Names(provider.Previews.Names)}.");
                }

                await RunAsync(
                    provider.Previews, result.GetValue(site), result.GetValue(once), wait, result.GetValue(format) == "json",
                    result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, redactor, time, cancellation);
                return CliRun.Fine;
            }
        }));
        return command;
    }

    private static async Task RunAsync(
        Engine.Inventories.InventoryBook book, string? site, bool once, TimeSpan wait, bool json, TextWriter output, TextWriter error, Redactor redactor, TimeProvider time, CancellationToken cancellation)
    {
        var console = Terminal.Of(output);
        var live = !json && !once && console.Profile.Capabilities.Ansi;
        var said = new Dictionary<string, (string Line, long At)>(StringComparer.Ordinal);
        try
        {
            for (; ; await Task.Delay(wait, time, cancellation))
            {
                book.Forget();
                var (found, silent) = await Migrations.FindAsync(book, cancellation);
                var shown = found.Where(one => site is null || one.Seen.HomeSite.Name == site || one.Seen.Copies.Any(copy => copy.Site.Name == site)).ToList();
                foreach (var line in silent)
                {
                    await error.WriteLineAsync($"cannot look at {redactor.Clean(line)}");
                }

                if (json)
                {
                    await output.WriteLineAsync(Json(shown, time.GetUtcNow()));
                }
                else if (live)
                {
                    console.Clear();
                    Table(console, shown, redactor, time.GetUtcNow());
                }
                else if (once)
                {
                    Table(console, shown, redactor, time.GetUtcNow());
                }
                else
                {
                    Log(output, shown, said, redactor, time);
                }

                if (once)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !once)
        {
            // Ctrl-C is how it ends.
        }
    }

    private static void Table(IAnsiConsole console, List<SeenMigration> migrations, Redactor redactor, DateTimeOffset now)
    {
        if (migrations.Count == 0)
        {
            console.WriteLine("No migration has left a mark at these sites.");
            return;
        }

        var narrow = console.Profile.Width < Terminal.Narrow;
        var table = new Table { Border = narrow ? TableBorder.None : TableBorder.Simple };
        foreach (var column in (string[])["VM", "Phase", "Where", .. narrow ? Array.Empty<string>() : ["Driven by", "Migration"]])
        {
            table.AddColumn(column);
        }

        foreach (var one in migrations)
        {
            var cells = new List<Text> { new(redactor.Clean(one.Vm)), new(Phase(one, now)), new(redactor.Clean(Where(one))) };
            if (!narrow)
            {
                cells.Add(new Text(redactor.Clean(Driver(one, now))));
                cells.Add(new Text(one.Seen.MigrationId));
            }

            table.AddRow(cells);
        }

        console.Write(table);
    }

    private static void Log(TextWriter output, List<SeenMigration> migrations, Dictionary<string, (string Line, long At)> said, Redactor redactor, TimeProvider time)
    {
        var now = time.GetUtcNow();
        foreach (var one in migrations)
        {
            var line = redactor.Clean($"{one.Vm}: {Phase(one, now)} · {Where(one)} · {Driver(one, now)}");
            var phase = MigrationState.PhaseOf(one.Seen).ToString();
            if (!said.TryGetValue(one.Seen.MigrationId, out var last) || !last.Line.Contains(phase, StringComparison.Ordinal) || (last.Line != line && time.GetElapsedTime(last.At) >= _quiet))
            {
                output.WriteLine($"{now.UtcDateTime:HH:mm:ss} UTC {line}");
                said[one.Seen.MigrationId] = (line, time.GetTimestamp());
            }
        }

        foreach (var gone in said.Keys.Except(migrations.Select(one => one.Seen.MigrationId)).ToList())
        {
            output.WriteLine($"{now.UtcDateTime:HH:mm:ss} UTC {said[gone].Line.Split(':')[0]}: nothing of its migration is left (taken back or committed)");
            said.Remove(gone);
        }
    }

    private static string Json(List<SeenMigration> migrations, DateTimeOffset now)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("format", "vmmigrate.watch/1");
            json.WriteString("at", Run.Instant(now));
            json.WriteStartArray("migrations");
            foreach (var one in migrations)
            {
                json.WriteStartObject();
                json.WriteString("migrationId", one.Seen.MigrationId);
                json.WriteString("vm", one.Vm);
                json.WriteString("phase", MigrationState.PhaseOf(one.Seen).ToString());
                json.WriteString("home", one.Seen.HomeSite.Name);
                json.WriteString("place", one.Seen.Place?.Site.Name);
                json.WriteString("powerState", one.Seen.Place?.Vm.Power.ToString());
                json.WriteNumber("disksCopied", one.Disks.Copied);
                json.WriteNumber("disks", one.Disks.All);
                if (one.DownSince is { } since)
                {
                    json.WriteString("downSince", Run.Instant(since));
                }

                if (one.Lease is { } lease && lease.Until > now)
                {
                    json.WriteString("drivenBy", lease.Holder);
                    json.WriteString("drivenSince", Run.Instant(lease.Since));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Phase(SeenMigration one, DateTimeOffset now)
    {
        var phase = MigrationState.PhaseOf(one.Seen);
        var down = one.DownSince is { } since ? $", down for {Human.Duration(now - since)}" : "";
        var disks = phase is MigrationPhase.Replicating or MigrationPhase.CuttingOver && one.Disks.All > 0 ? $", {one.Disks.Copied} of {one.Disks.All} disks copied" : "";
        return $"{phase}{disks}{down}";
    }

    private static string Where(SeenMigration one)
    {
        var home = one.Seen.HomeSite.Name;
        var place = one.Seen.Place is { } at ? $"{(at.Vm.Power == Engine.Facts.PowerState.Running ? "runs" : "is off")} at {at.Site.Name}" : "is nowhere";
        var ways = one.Seen.Copies.Select(copy => copy.Site.Name).Where(name => name != home).Distinct().ToList();
        return ways.Count == 0 ? place : $"{home} → {string.Join(", ", ways)}, {place}";
    }

    private static string Driver(SeenMigration one, DateTimeOffset now) =>
        one.Lease is { } lease && lease.Until > now ? $"{lease.Holder} for {Human.Duration(now - lease.Since)}" : "nobody";
}
