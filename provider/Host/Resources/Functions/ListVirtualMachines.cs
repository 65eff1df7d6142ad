using System.IO.Enumeration;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>Facts of many VMs.</summary>
internal sealed class ListVirtualMachines(Func<SiteBook> sites) : Function
{
    internal override FunctionType Type => VirtualMachineType.ListVirtualMachines;

    internal override async Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        if (SiteOf.Find(arguments, sites(), out var error) is not { } site)
        {
            return new FunctionOutcome(Value.EmptyMap, [error!]);
        }

        var pattern = arguments["namePattern"].AsText ?? "*";
        try
        {
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
        catch (PlatformException e)
        {
            return new FunctionOutcome(
                Value.EmptyMap,
                [Finding.Error("access.site.reach", PropertyPath.Of("site"), $"Site \"{site.Name}\" ({site.Where}) cannot be read: {e.Message}")]);
        }
    }
}
