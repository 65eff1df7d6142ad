using System.Collections.Concurrent;
using System.Collections.Immutable;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Inventories;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources.Functions;
using VmMigrate.Host.Resources.Migration;
using VmMigrate.Platforms;

namespace VmMigrate.Host.Resources;

/// <summary>The real provider: every resource and function over the configured sites.</summary>
internal sealed class VmMigrateProvider : Provider
{
    private readonly TimeProvider _time;
    private readonly CopyLimits _limits;
    private readonly ConcurrentDictionary<string, DiskSlots> _slots = new(StringComparer.Ordinal);
    private OpenSites _sites;

    internal VmMigrateProvider(TimeProvider time)
    {
        _time = time;
        _limits = new CopyLimits(time, TimeZoneInfo.Local);
        _sites = Open(Value.EmptyMap);
        var migration = new MigrationResource(() => _sites, () => _sites.Previews, time);
        Resources = ImmutableDictionary.CreateRange(
            new Resource[] { migration }.Select(resource => KeyValuePair.Create(resource.Type.Name, resource)));
        Functions = ImmutableDictionary.CreateRange(
            new Function[]
            {
                new GetVirtualMachine(() => _sites.Previews),
                new ListVirtualMachines(() => _sites.Previews),
                new PreviewFunction(PreflightType.GetPreflight, migration, () => _sites.Previews, time),
                new PreviewFunction(PreflightType.GetEstimate, migration, () => _sites.Previews, time),
            }.Select(function => KeyValuePair.Create(function.Type.Name, function)));
    }

    /// <summary>The sites as previews read them.</summary>
    internal InventoryBook Previews => _sites.Previews;

    internal override PackageModel Model => Package.Model;

    internal override IReadOnlyDictionary<string, Resource> Resources { get; }

    internal override IReadOnlyDictionary<string, Function> Functions { get; }

    internal override (MapValue Config, ImmutableArray<Finding> Findings) CheckConfig(Value config)
    {
        var (inputs, findings) = InputCheck.Run(Model.ConfigObject, config, "The provider");
        var more = new List<Finding>();
        more.AddRange(CopyLimitsConfig.Check(inputs));
        foreach (var (name, block) in inputs["sites"].AsMap?.Entries ?? Value.EmptyMap.Entries)
        {
            foreach (var platform in PlatformTable.All)
            {
                if (block[platform.Key].AsMap is { } own)
                {
                    if (block[PlatformTable.MostDisks].AsNumber is < 1)
                    {
                        more.Add(Finding.Error("input.out-of-range", PropertyPath.Of("sites").Key(name).Child(PlatformTable.MostDisks), "At least one disk at a time has to be allowed."));
                    }

                    more.AddRange(platform.Check(own, PropertyPath.Of("sites").Key(name).Child(platform.Key)));
                }
            }
        }

        return (inputs, InputCheck.With(findings, more));
    }

    internal override void Configure(MapValue config)
    {
        CopyLimitsConfig.Apply(config, _limits);
        _sites = Open(config);
    }

    public override async ValueTask DisposeAsync()
    {
        await _sites.DisposeAsync();
        _limits.Dispose();
        await base.DisposeAsync();
    }

    private OpenSites Open(MapValue config) => new(config, _time, _limits, name => _slots.GetOrAdd(name, _ => new DiskSlots()));
}
