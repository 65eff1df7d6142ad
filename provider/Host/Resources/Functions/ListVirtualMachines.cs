using System.IO.Enumeration;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>Facts of many VMs.</summary>
internal sealed class ListVirtualMachines(Func<SiteBook> sites) : SiteFunction(sites)
{
    internal override FunctionType Type => VirtualMachineType.ListVirtualMachines;

    protected override async Task<FunctionOutcome> AskAsync(Site site, MapValue arguments, CancellationToken cancellation)
    {
        var pattern = arguments["namePattern"].AsText ?? "*";
        var found = new List<Value>();
        await foreach (var vm in site.ListAsync(cancellation))
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, vm.Name, ignoreCase: false))
            {
                found.Add(VirtualMachineCodec.Write(site, vm));
            }
        }

        return new FunctionOutcome(Value.Map(("virtualMachines", Value.List(found))), []);
    }
}
