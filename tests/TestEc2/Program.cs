using System.Globalization;
using Microsoft.Extensions.Hosting;
using VmMigrate.TestEc2;

// `sink`: a place to send blocks to, for benchmarks. Else a test EC2 at a port, for whoever wants to look at it from outside: PORT.
if (args is ["sink"])
{
    await using var sink = await BlockSink.StartAsync();
    Console.WriteLine(sink.Urls.Single());
    await sink.WaitForShutdownAsync();
    return;
}

await using var server = await Ec2Server.StartAsync(new World(TimeProvider.System), args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 0);
Console.WriteLine(server.Address);
await Task.Delay(Timeout.Infinite);
