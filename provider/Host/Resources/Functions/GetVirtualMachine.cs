using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>Facts of one VM.</summary>
internal sealed class GetVirtualMachine(Func<SiteBook> sites) : Function
{
    internal override FunctionType Type => VirtualMachineType.GetVirtualMachine;

    internal override async Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        if (SiteOf.Find(arguments, sites(), out var error) is not { } site)
        {
            return new FunctionOutcome(Value.EmptyMap, [error!]);
        }

        try
        {
            var (name, id) = (arguments["name"].AsText, arguments["id"].AsText);
            var found = id is not null
                ? await site.InspectAsync(id, cancellation) is { } one ? [one] : []
                : await site.FindByNameAsync(name!, cancellation);
            if (found is [var vm])
            {
                return new FunctionOutcome(Value.Map(("virtualMachine", VirtualMachineCodec.Write(site, vm))), []);
            }

            if (found.Length > 1)
            {
                return Failed("name", $"{found.Length} VMs at site \"{site.Name}\" are called \"{name}\": {string.Join(", ", found.Select(vm => vm.Id))}. Name one by id.");
            }

            var all = (await site.DescribeAsync(cancellation)).Vms;
            return id is not null
                ? Failed("id", $"Site \"{site.Name}\" has no VM with the id \"{id}\".")
                : Failed("name", $"Site \"{site.Name}\" has no VM \"{name}\".{NearestName.Question(name!, all.Select(vm => vm.Name))}");
        }
        catch (PlatformException e)
        {
            return Failed("site", $"Site \"{site.Name}\" ({site.Where}) cannot be read: {e.Message}");
        }
    }

    private static FunctionOutcome Failed(string property, string message) =>
        new(Value.EmptyMap, [Finding.Error("request.vm.unique", PropertyPath.Of(property), message)]);
}
