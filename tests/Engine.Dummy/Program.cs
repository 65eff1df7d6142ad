using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Blocks.Nbd;

// A copy in a process of its own, for tests that kill it: SOURCE TARGET MAP [BYTES-PER-SECOND].
// Prints what it transferred and what is stable, again and again, and at the end the digest with what it read and what it found done.
var source = NbdEndpoint.Parse(args[0]);
var target = NbdEndpoint.Parse(args[1]);
var throttle = args.Length > 3
    ? new Throttle(BandwidthSchedule.Constant(long.Parse(args[3], CultureInfo.InvariantCulture)), TimeProvider.System, TimeZoneInfo.Utc)
    : null;
await using var reader = await NbdReader.ConnectAsync(source, new NbdOptions(), CancellationToken.None);
await using var writer = await NbdWriter.ConnectAsync(target, new NbdOptions(), CancellationToken.None);
var options = new CopyOptions
{
    TargetIsZero = true,
    Resume = new ResumeOptions(new FileResumeStore(args[2]), "state-1"),
    ReportEvery = TimeSpan.FromMilliseconds(5),
    Throttle = throttle,
};
var result = await BlockCopier.CopyAsync(reader, writer, options, new Lines(), CancellationToken.None);
Console.WriteLine($"done {result.SourceDigest} {result.ReadBytes} {result.ResumedBytes}");

/// <summary>One line for each report, at once, so that whoever kills us has seen it.</summary>
internal sealed class Lines : IProgress<CopyProgress>
{
    public void Report(CopyProgress value)
    {
        Console.WriteLine($"at {value.TransferredBytes} {value.DoneBytes}");
        Console.Out.Flush();
    }
}
