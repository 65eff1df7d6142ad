using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Simulator;

/// <summary>Sites that exist only as numbers: for rehearsals with no hypervisor, for examples and for tests.</summary>
public sealed class SimulatorPlatform : PlatformType
{
    internal const string Name = "simulator";

    public override string Key => Name;

    public override ObjectType Block => SimulatorSchema.Site;

    public override IEnumerable<Finding> Check(MapValue block, PropertyPath at) => SimulatorConfig.Check(block, at);

    public override Site Open(string siteName, MapValue block, TimeProvider time)
    {
        var options = SimulatorConfig.Read(block);
        var world = block["state"].AsText is { } folder
            ? SimulatedWorld.At(folder, time)
            : SimulatedWorld.Named(block["world"].AsText ?? "default", time);
        return world.Open(siteName, options, null, time);
    }
}
