using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using VmMigrate.Engine.Reports;

namespace VmMigrate.Host.Cli;

/// <summary>Every way to write a preflight report: one line each.</summary>
internal static class ReportFormats
{
    private static readonly ImmutableSortedDictionary<string, Action<PreflightReport, Stream>> _files = ImmutableSortedDictionary.CreateRange(
        StringComparer.Ordinal,
        [
            KeyValuePair.Create<string, Action<PreflightReport, Stream>>("json", ReportJson.Write),
            KeyValuePair.Create<string, Action<PreflightReport, Stream>>("sarif", ReportSarif.Write),
            KeyValuePair.Create<string, Action<PreflightReport, Stream>>("junit", ReportJUnit.Write),
            KeyValuePair.Create<string, Action<PreflightReport, Stream>>("html", (report, to) =>
            {
                using var writer = new StreamWriter(to, new UTF8Encoding(false), leaveOpen: true);
                ReportHtml.Write(report, writer);
            }),
        ]);

    internal static IEnumerable<string> Names => _files.Keys.Prepend("table");

    /// <summary>A file is written whole or not at all.</summary>
    internal static async Task WriteAsync(PreflightReport report, string format, string? file, InvocationConfiguration console)
    {
        if (format == "table" && file is null)
        {
            ReportTable.Write(report, Terminal.Of(console.Output));
            return;
        }

        using var content = new MemoryStream();
        if (_files.TryGetValue(format, out var write))
        {
            write(report, content);
        }
        else
        {
            using var text = new StringWriter();
            ReportTable.Write(report, Terminal.Plain(text));
            content.Write(Encoding.UTF8.GetBytes(text.ToString()));
        }

        if (file is null)
        {
            await console.Output.WriteLineAsync(Encoding.UTF8.GetString(content.ToArray()).TrimEnd('\n'));
            return;
        }

        var next = file + ".next";
        await File.WriteAllBytesAsync(next, content.ToArray());
        File.Move(next, file, overwrite: true);
        await console.Error.WriteLineAsync($"{file}: {ReportTable.Sum(report)}");
    }
}
