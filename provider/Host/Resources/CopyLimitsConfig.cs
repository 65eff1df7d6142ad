using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Spec;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources;

/// <summary>The provider's config about what all copies keep to together.</summary>
internal static class CopyLimitsConfig
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(2);

    internal static ImmutableArray<Field> Fields { get; } =
    [
        new("bandwidth", FieldType.Text,
            "One limit over everything that runs: `200 Mbit/s`, or a timetable such as `08:00-18:00: 200 Mbit/s; 18:00-22:00: 1 Gbit/s` (this machine's time; no limit outside the windows, or the one without a window). Without it there is no limit."),
        new("bandwidthFile", FieldType.Text,
            "A file on the provider's machine with such a text. It is read again every 2 seconds, so that the limit can be changed while copies run; while there is no file, `bandwidth` counts."),
        new("linkPatience", FieldType.Duration,
            "How long a lost link or disk server may stay away while disks are copied: it is tried again until then, and nothing that is done is done again. Without it: 2 minutes."),
    ];

    internal static IEnumerable<Finding> Check(MapValue config)
    {
        if (config["bandwidth"].AsText is { } text)
        {
            string? why = null;
            try
            {
                BandwidthSchedule.Parse(text);
            }
            catch (FormatException e)
            {
                why = e.Message;
            }

            if (why is not null)
            {
                yield return Finding.Error("input.malformed-bandwidth", PropertyPath.Of("bandwidth"), why);
            }
        }
    }

    /// <summary>Counts at once, also for copies that run.</summary>
    internal static void Apply(MapValue config, CopyLimits limits) => limits.Declare(
        config["bandwidth"].AsText is { } text ? BandwidthSchedule.Parse(text) : BandwidthSchedule.Unlimited,
        config["bandwidthFile"].AsText,
        config["linkPatience"].AsText is { } patience ? Quantity.Duration(patience)!.Value : UsualPatience);
}
