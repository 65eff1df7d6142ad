using VmMigrate.Host.Pulumi;

namespace VmMigrate.SampleProvider;

/// <summary>A provider process without a platform: what tests of processes, signals and other clients start.</summary>
internal static class Program
{
    internal static Task<int> Main(string[] args) => PulumiHost.RunAsync(new BoxProvider(), args);
}
