using System.Diagnostics;
using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.EndToEnd.Tests;

[CollectionDefinition(Name)]
public sealed class Lab : ICollectionFixture<TwoHosts>
{
    internal const string Name = "lab";
    internal const string Vm = "web-01";

    internal static async Task<bool> RunsAsync(TwoHosts lab, string host) =>
        (await lab.VirshAsync(host, "list", "--name")).Split('\n').Contains(Vm);

    internal static async Task<bool> KnowsAsync(TwoHosts lab, string host) =>
        (await lab.VirshAsync(host, "list", "--all", "--name")).Split('\n').Contains(Vm);

    /// <summary>Files in a host's pool that a migration made.</summary>
    internal static async Task<string> OursAsync(TwoHosts lab, string host) =>
        string.Join('\n', (await lab.VirshAsync(host, "vol-list", "images")).Split('\n').Where(line => line.Contains("web-01-", StringComparison.Ordinal)));

    /// <summary>Waits until the guest's agent answers, which it does a few seconds after a start.</summary>
    internal static async Task UntilUpAsync(TwoHosts lab, string host)
    {
        for (var since = Stopwatch.StartNew(); ;)
        {
            try
            {
                await lab.VirshAsync(host, "qemu-agent-command", Vm, "{\"execute\":\"guest-ping\"}");
                return;
            }
            catch (InvalidOperationException) when (since.Elapsed < TimeSpan.FromMinutes(2))
            {
                if (!await RunsAsync(lab, host))
                {
                    // A live move whose daemon was killed may come to its end by itself.
                    return;
                }

                await Task.Delay(200);
            }
        }
    }

    /// <summary>The VM runs at this host and nowhere else.</summary>
    internal static async Task AssertRunsOnlyAtAsync(TwoHosts lab, string host)
    {
        Assert.True(await RunsAsync(lab, host), $"{Vm} does not run on {host}");
        Assert.False(await RunsAsync(lab, host == TwoHosts.Dc1 ? TwoHosts.Dc2 : TwoHosts.Dc1), $"{Vm} runs on both hosts");
    }

    /// <summary>The VM runs on dc1 as if there had never been a migration.</summary>
    internal static async Task AssertAtHomeAsync(TwoHosts lab)
    {
        await AssertRunsOnlyAtAsync(lab, TwoHosts.Dc1);
        Assert.False(await KnowsAsync(lab, TwoHosts.Dc2));
        Assert.Equal("", await OursAsync(lab, TwoHosts.Dc2));
        Assert.DoesNotContain("vmm-", await lab.VirshAsync(TwoHosts.Dc1, "dumpxml", Vm), StringComparison.Ordinal);
    }
}
