using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;

namespace VmMigrate.Engine.Checks.Limits;

/// <summary>What <c>limits.json</c> says about platforms: facts that no API tells, with the date on which they were collected.</summary>
public static class ProviderLimits
{
    private static readonly FrozenDictionary<string, FactSet> Read = Load();

    /// <summary>Facts of a site of this platform; what the site tells itself goes before them.</summary>
    public static FactSet Of(string platform) => Read.GetValueOrDefault(platform, FactSet.Empty);

    private static FrozenDictionary<string, FactSet> Load()
    {
        using var file = typeof(ProviderLimits).Assembly.GetManifestResourceStream("limits.json") ?? throw new InvalidOperationException("limits.json is not in the assembly");
        using var json = JsonDocument.Parse(file);
        var date = json.RootElement.GetProperty("asOf").GetString()!;
        var asOf = DateTimeOffset.Parse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return json.RootElement.GetProperty("platforms").EnumerateObject().ToFrozenDictionary(
            platform => platform.Name,
            platform => FactSet.Parse(
                platform.Value.EnumerateObject().Select(limit => KeyValuePair.Create(limit.Name, limit.Value.GetProperty("value").GetString()!)),
                FactKeys.Find, $"limits of {date}", (name, text, _) => throw new InvalidOperationException($"limits.json: {name} = {text}"))
                .With(SiteFact.LimitsAsOf, asOf),
            StringComparer.Ordinal);
    }
}
