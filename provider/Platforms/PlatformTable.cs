using System.Collections.Immutable;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;

namespace VmMigrate.Platforms;

/// <summary>Every platform: one line each.</summary>
public static class PlatformTable
{
    public static ImmutableArray<PlatformType> All { get; } =
    [
        new Libvirt.LibvirtPlatform(),
        new Aws.AwsPlatform(),
        new Simulator.SimulatorPlatform(),
        new VSphere.VSpherePlatform(),
    ];

    /// <summary>The field of a site that bounds how many of its disks are copied at a time.</summary>
    public const string MostDisks = "maxConcurrentDisks";

    /// <summary>A site in the provider's config: exactly one platform's block.</summary>
    public static ObjectType SiteType { get; } = new(
        "Site",
        "A place where VMs run: exactly one platform block.",
        [
            .. All.Select(platform => new Field(platform.Key, FieldType.Of(platform.Block), platform.Block.Description)),
            new(MostDisks, FieldType.Integer, "How many of this site's disks are read or written at a time, over all migrations. Without it there is no limit."),
        ])
    {
        ExactlyOne = [[.. All.Select(platform => platform.Key)]],
    };

    /// <summary>Fields of a migration's target, one for each platform that has something of its own to say there.</summary>
    public static ImmutableArray<Field> TargetFields { get; } =
        [.. All.Where(platform => platform.TargetBlock is not null).Select(platform => new Field(platform.Key, FieldType.Of(platform.TargetBlock!), platform.TargetBlock!.Description))];

    /// <summary>The provider's config field <c>sites</c>.</summary>
    public static Field SitesField { get; } = new(
        "sites",
        FieldType.MapOf(FieldType.Of(SiteType)),
        "The places between which VMs move, by the names that migrations use.")
    {
        Required = true,
    };
}
