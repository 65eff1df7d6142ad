using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Values;
using VmMigrate.Platforms;
using VmMigrate.Platforms.Tests;

namespace VmMigrate.Truth;

/// <summary>Moves between the lab's two libvirt hosts.</summary>
internal static class LabMoves
{
    /// <summary>VMs that stay at the target, and with them what is known of their moves; the others are brought back and moved again.</summary>
    private const int Staying = 3;

    internal static async Task<List<Measured>> RunAsync(string from, string to, string[] vms)
    {
        await using var dc1 = Open("dc1", from);
        await using var dc2 = Open("dc2", to);
        var sites = new Book(dc1, dc2);
        var found = new List<Measured>();
        foreach (var vm in vms)
        {
            await MoveAsync(vm);
        }

        foreach (var vm in vms.Skip(Staying))
        {
            await Measured.RunAsync(sites, vm, true, TimeProvider.System);
            await Task.Delay(TimeSpan.FromSeconds(12));
            await MoveAsync(vm);
        }

        return found;

        async Task MoveAsync(string vm)
        {
            found.Add((await Measured.RunAsync(sites, vm, false, TimeProvider.System))!);
            await Console.Error.WriteLineAsync($"{vm}: said {found[^1].TimeSaid.TotalSeconds:0.0} s, took {found[^1].Time.TotalSeconds:0.0} s");
        }
    }

    private static Site Open(string name, string uri) =>
        PlatformTable.All.Single(platform => platform.Key == "libvirt").Open(name, Value.Map(("uri", Value.Text(uri))), TimeProvider.System);
}
