using System.Text.Json.Nodes;

namespace VmMigrate.Platforms.Tests.Torture;

/// <summary>Measured figures, one line of JSON each, appended to the file that `make torture` names.</summary>
internal static class Report
{
    internal static void Line(string row, params (string Name, object Value)[] values)
    {
        if (Environment.GetEnvironmentVariable("VMMIGRATE_TORTURE_REPORT") is { Length: > 0 } file)
        {
            var line = new JsonObject { ["row"] = row };
            foreach (var (name, value) in values)
            {
                line[name] = JsonValue.Create(value);
            }

            File.AppendAllText(file, line.ToJsonString() + "\n");
        }
    }
}
