namespace VmMigrate.Benchmarks;

/// <content>A thousand VMs previewed from the command line. There is no peer: no other tool previews moves between simulated sites.</content>
internal static partial class Table
{
    private const int Previews = 5;

    /// <summary>From exec to the report on standard output: sites opened, inventories fetched, every VM judged, estimated and written.</summary>
    private static async Task<bool> PreviewAsync()
    {
        var binary = Path.GetFullPath("bin/vmmigrate");
        if (!File.Exists(binary))
        {
            await Console.Error.WriteLineAsync("bin/vmmigrate is not there: run `make build` first");
            return false;
        }

        var config = Path.GetTempFileName();
        await File.WriteAllTextAsync(config, """
            sites:
              dc1: { simulator: { vms: 1000, oddities: 0.3, seed: 7 } }
              dc2: { simulator: { hosts: [{ name: big, cpus: 40000, memory: 80TiB }] } }
            """);
        try
        {
            var runs = new List<Measured>();
            for (var i = 0; i < Previews; i++)
            {
                // It ends with 2: a third of the estate has something that stands against a move.
                var run = await Measured.RunAsync(binary, mayFail: true, ["preflight", "--site", "dc1", "--to", "dc2", "--config", config, "--format", "json"]);
                if (!run.Output.Contains("\"vms\": 1000", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"{binary} preflight told nothing of 1000 VMs");
                }

                runs.Add(run);
            }

            return PrintAlone("preview-1000", "s", runs.Select(run => run.Seconds).Order().ElementAt(Previews / 2), 5)
                & PrintAlone("preview-1000-memory", "MB", runs.Max(run => run.PeakKib) * 1024 / 1e6, 300);
        }
        finally
        {
            File.Delete(config);
        }
    }
}
