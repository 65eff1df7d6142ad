using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>Facts of one VM.</summary>
internal sealed class GetVirtualMachine(Func<SiteBook> sites) : SiteFunction(sites)
{
    internal override FunctionType Type => VirtualMachineType.GetVirtualMachine;

    protected override async Task<FunctionOutcome> AskAsync(Site site, MapValue arguments, CancellationToken cancellation)
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
            return NotOne("name", $"{found.Length} VMs at site \"{site.Name}\" are called \"{name}\": {string.Join(", ", found.Select(vm => vm.Id))}. Name one by id.");
        }

        return id is not null
            ? NotOne("id", $"Site \"{site.Name}\" has no VM with the id \"{id}\".")
            : NotOne("name", $"Site \"{site.Name}\" has no VM \"{name}\".{NearestName.Question(name!, (await site.DescribeAsync(cancellation)).Vms.Select(vm => vm.Name))}");
    }

    private static FunctionOutcome NotOne(string property, string message) => Failed("request.vm.unique", property, message);
}
