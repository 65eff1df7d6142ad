namespace VmMigrate.Benchmarks;

/// <content>Copies without an NBD server between us and the files.</content>
internal static partial class Table
{
    /// <summary>
    /// The same disk and peer as the other full copies. Direct on both sides, what is left is the kernel (nine tenths of the time by profile): it copies each byte out of the page cache and into it,
    /// finds pages for it, and lets one thread at a time write to a file, so more threads gain nothing; hashing is a twentieth. With the source behind its qemu-nbd, that server is the bound.
    /// </summary>
    private static async Task<bool> DirectCopiesAsync(Lab lab, string[] rows, int rounds)
    {
        var image = await lab.NoiseAsync("source", 2 * GiB, GiB, 64 * MiB);
        var source = await lab.ServeAsync(image, "--read-only", "--shared=16");
        var peer = await BestPeerAsync(lab, source.Address);
        var ok = true;
        foreach (var row in rows)
        {
            var from = row == "full-copy-direct" ? image : source.Address;
            var (ours, theirs) = await PairsAsync(
                rounds,
                () => OnNewFileAsync(lab, to => Measured.RunAsync(Us, "copy-direct", from, to)),
                () => OnFreshAsync(lab, 2 * GiB, to => Measured.RunAsync("nbdcopy", [.. peer, source.Address, to])));
            ok &= Print(row, "s", ours, theirs, m => m.Seconds, 1.3, biggerIsBetter: true);
        }

        await source.StopAsync();
        return ok;
    }

    private static async Task<Measured> OnNewFileAsync(Lab lab, Func<string, Task<Measured>> run)
    {
        var path = lab.File("written");
        try
        {
            return await run(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
