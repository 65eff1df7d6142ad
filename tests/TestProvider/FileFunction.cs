using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Resources;

namespace VmMigrate.TestProvider;

/// <summary>Both functions over the files.</summary>
internal sealed class FileFunction(FileProvider provider, FunctionType type) : Function
{
    internal override FunctionType Type => type;

    internal override Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        var site = arguments["site"].AsText!;
        if (type.Name == "listVirtualMachines")
        {
            var all = Value.List(provider.Platform.Vms(site).Select(name => Facts(site, name)));
            return Task.FromResult(new FunctionOutcome(Value.Map(("virtualMachines", all)), []));
        }

        var wanted = (arguments["name"].AsText ?? arguments["id"].AsText)!;
        return Task.FromResult(provider.Platform.Vm(site, wanted) is null
            ? new FunctionOutcome(Value.EmptyMap, [FileMigration.NoVm(provider.Platform, PropertyPath.Of("name"), site, wanted)])
            : new FunctionOutcome(Value.Map(("virtualMachine", Facts(site, wanted))), []));
    }

    private MapValue Facts(string site, string name) => Value.Map(
        ("id", Value.Text($"uuid-{name}")),
        ("name", Value.Text(name)),
        ("site", Value.Text(site)),
        ("powerState", Value.Text(provider.Platform.Vm(site, name) == "running" ? "Running" : "Off")),
        ("memoryBytes", Value.Number(3.0 * 1024 * 1024 * 1024)),
        ("cpus", Value.Number(2)),
        ("disks", Value.List([Value.Map(("name", Value.Text("vda")), ("bytes", Value.Number(1L << 40)))])),
        ("networkCards", Value.List([])),
        ("addresses", Value.List([])));
}
