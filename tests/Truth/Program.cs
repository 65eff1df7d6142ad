using System.Globalization;
using VmMigrate.Truth;

// truth [--moves N] [--seed S] [--lab URI1 URI2 VM,VM,…] [--write]: foretells each of N moves, makes it, and prints how far off the foretelling was.
var moves = 40;
var seed = 1;
var write = false;
(string From, string To, string[] Vms)? lab = null;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--moves":
            moves = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--lab":
            lab = (args[i + 1], args[i + 2], args[i + 3].Split(','));
            i += 3;
            break;
        case "--write":
            write = true;
            break;
        default:
            await Console.Error.WriteLineAsync($"truth: unknown option {args[i]}");
            return 1;
    }
}

var groups = new List<(string Name, string About, List<Measured> Moves)>
{
    ("simulator", $"{moves} moves of seed {seed}: guests that boot in 1 to 1.8 s and shut down in 0.5 to 1 s and write to 64 KiB of each disk, disks with 1 to 48 MiB at 16 MiB/s, 20 ms a call, in real time, every fifth VM brought back and moved again",
        await SimulatorMoves.RunAsync(moves, seed)),
};
if (lab is { } hosts)
{
    groups.Add(("lab", "two libvirt hosts on one machine under TCG, guests of one size; some are brought back and moved again", await LabMoves.RunAsync(hosts.From, hosts.To, hosts.Vms)));
}

var ok = true;
var page = new Page();
foreach (var (name, about, measured) in groups)
{
    ok &= page.Add(name, about, measured);
}

if (write)
{
    page.Write();
}

return ok ? 0 : 1;
