using System.Collections.Immutable;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Resources.Migration;

namespace VmMigrate.TestProvider;

/// <summary>The real product surface with two secrets more, one in the config and one in the resource.</summary>
internal sealed class FileProvider : Provider
{
    internal const string AccessKey = "accessKey";
    internal const string GuestPassword = "guestPassword";

    private MapValue? config;

    internal FileProvider(FilePlatform platform)
    {
        Platform = platform;
        var real = Package.Model;
        var migration = MigrationType.Type;
        Model = new PackageModel(
            real.Name,
            real.Version,
            real.DisplayName,
            real.Description,
            [.. real.Config, new Field(AccessKey, FieldType.Text, "A secret of the config.") { Secret = true }],
            [
                new ResourceType(
                    migration.Name,
                    migration.Description,
                    [.. migration.Inputs, new Field(GuestPassword, FieldType.Text, "A secret of the resource.") { Secret = true }],
                    migration.Outputs),
            ],
            real.Functions);
        Resources = ImmutableDictionary<string, Resource>.Empty.Add(Model.Resources[0].Name, new FileMigration(this, Model.Resources[0]));
        Functions = Model.Functions.ToImmutableDictionary(type => type.Name, Function (type) => new FileFunction(this, type));
    }

    internal FilePlatform Platform { get; }

    internal override PackageModel Model { get; }

    internal override IReadOnlyDictionary<string, Resource> Resources { get; }

    internal override IReadOnlyDictionary<string, Function> Functions { get; }

    internal MapValue Config => config ?? throw new InvalidOperationException("Not configured.");

    internal override (MapValue Config, ImmutableArray<Finding> Findings) CheckConfig(Value config)
    {
        var (result, findings) = InputCheck.Run(Model.ConfigObject, config, "The provider");
        return (result, findings);
    }

    internal override void Configure(MapValue config) => this.config = config;
}
