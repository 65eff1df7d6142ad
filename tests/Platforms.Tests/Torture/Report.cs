using System.Globalization;
using System.Text.Json.Nodes;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>Measured figures, one line of JSON each with its day and the commit, appended to the file that `make torture` names.</summary>
internal static class Report
{
    private static readonly Lock Writing = new();

    internal static void Line(string row, params (string Name, object Value)[] values)
    {
        if (Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_REPORT") is { Length: > 0 } file)
        {
            var line = new JsonObject { ["row"] = row };
            foreach (var (name, value) in values)
            {
                line[name] = JsonValue.Create(value);
            }

            line["on"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            line["commit"] = Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_COMMIT") ?? "";
            lock (Writing)
            {
                File.AppendAllText(file, line.ToJsonString() + "\n");
            }
        }
    }

    /// <summary>Whether an earlier piece of this torture has such a line, and it says that all went well: such a case is not run again.</summary>
    internal static bool Has(string row, params (string Name, string Value)[] values) =>
        Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_DONE") is { Length: > 0 } file
        && File.ReadLines(file).Select(line => JsonNode.Parse(line)!).Any(line =>
            (string?)line["row"] == row && (bool?)line["continued"] == true && values.All(value => (string?)line[value.Name] == value.Value));
}
