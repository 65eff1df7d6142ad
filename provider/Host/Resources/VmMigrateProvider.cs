using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
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
    private OpenSites _sites;

    internal VmMigrateProvider(TimeProvider time)
    {
        _time = time;
        _sites = new OpenSites(Value.EmptyMap, time);
        Resources = ImmutableDictionary.CreateRange(
            new Resource[] { new MigrationResource(() => _sites, () => _sites.Previews, time) }.Select(resource => KeyValuePair.Create(resource.Type.Name, resource)));
        Functions = ImmutableDictionary.CreateRange(
            new Function[] { new GetVirtualMachine(() => _sites.Previews), new ListVirtualMachines(() => _sites.Previews) }
                .Select(function => KeyValuePair.Create(function.Type.Name, function)));
    }

    internal override PackageModel Model => Package.Model;

    internal override IReadOnlyDictionary<string, Resource> Resources { get; }

    internal override IReadOnlyDictionary<string, Function> Functions { get; }

    internal override (MapValue Config, ImmutableArray<Finding> Findings) CheckConfig(Value config)
    {
        var (inputs, findings) = InputCheck.Run(Model.ConfigObject, config, "The provider");
        if (findings.Any(finding => finding.Severity == Severity.Error))
        {
            return (inputs, findings);
        }

        var more = findings.ToBuilder();
        foreach (var (name, block) in inputs["sites"].AsMap?.Entries ?? Value.EmptyMap.Entries)
        {
            foreach (var platform in PlatformTable.All)
            {
                if (block[platform.Key].AsMap is { } own)
                {
                    more.AddRange(platform.Check(own, PropertyPath.Of("sites").Key(name).Child(platform.Key)));
                }
            }
        }

        return (inputs, more.ToImmutable());
    }

    internal override void Configure(MapValue config) => _sites = new OpenSites(config, _time);

    public override async ValueTask DisposeAsync()
    {
        await _sites.DisposeAsync();
        await base.DisposeAsync();
    }
}
