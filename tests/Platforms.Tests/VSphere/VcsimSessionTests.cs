using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Spec;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>A whole warm move and its way back, in which each kind of call that it makes meets once what happens to sessions and replies on bad days.</summary>
public sealed class VcsimSessionTests
{
    private const int Limit = 180_000;
    private const string Name = "session-01";

    private static readonly ImmutableArray<string> Both =
    [
        "RetrievePropertiesEx", "CreatePropertyCollector", "CreateFilter", "WaitForUpdatesEx", "CreateContainerView", "HasPrivilegeOnEntities",
        "SearchDatastore_Task", "MakeDirectory", "DeleteDatastoreFile_Task", "MoveDatastoreFile_Task", "ReconfigVM_Task", "PowerOnVM_Task", "CreateSnapshot_Task", "RemoveSnapshot_Task", "QueryChangedDiskAreas",
    ];

    private static readonly ImmutableArray<string> Home = ["ShutdownGuest", "MarkAsTemplate", "MarkAsVirtualMachine"];

    private static readonly ImmutableArray<string> Away = ["CreateVirtualDisk_Task", "ImportVApp", "HttpNfcLeaseComplete", "UnregisterVM", "CreateVM_Task", "Destroy_Task"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData("fault:NotAuthenticated")]
    [InlineData("slow:300")]
    public async Task A_session_that_is_lost_or_a_reply_that_is_late_at_every_kind_of_call_stops_no_move(string kind)
    {
        await using var home = await Vcsim.StartAsync("-guests");
        await using var away = await Vcsim.StartAsync("-guests");
        await using var vc1 = home.Open("vc1");
        await using var vc2 = away.Open("vc2");
        var id = await new VcsimWorld(home, vc1).CreateRunningVmAsync(Name, VcsimWorld.Content(4 << 20, 7), Cancel);
        var spec = new MigrationSpec
        {
            Mode = MigrationMode.Warm,
            Goal = MigrationGoal.CutOver,
            Vm = new VmReference("vc1", Name, null),
            Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
        };
        foreach (var (vcsim, methods) in new[] { (home, Both.AddRange(Home)), (away, Both.AddRange(Away)) })
        {
            foreach (var method in methods)
            {
                await vcsim.OrderAsync(method, kind);
            }
        }

        var there = await VcsimMoves.UpAsync(spec, null, Cancel, vc1, vc2);
        Assert.True(there.Failed is null, $"{there.Failed?.Name}: {there.Why}");
        Assert.Equal(PowerState.Running, Assert.Single(await vc2.FindByNameAsync(Name, Cancel)).Power);

        var (_, back) = await Drive.RunAsync(spec, null, new Book(vc1, vc2), removal: true, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);
        Assert.True(back is { Failed: null }, $"{back?.Failed?.Name}: {back?.Why}");
        var vm = Assert.Single(await vc1.FindByNameAsync(Name, Cancel));
        Assert.Equal((id, PowerState.Running, null), (vm.Id, vm.Power, vm.Stamp));
        foreach (var (vcsim, methods) in new[] { (home, Both.AddRange(Home)), (away, Both.AddRange(Away)) })
        {
            foreach (var method in methods)
            {
                Assert.True(await vcsim.CallsAsync(method) > 0, $"{method} was never called, so this shows nothing of it");
            }
        }

        if (kind.StartsWith("fault", StringComparison.Ordinal))
        {
            // One for each kind of call, but for those that met it at once.
            Assert.True(await home.CallsAsync("Login") + await away.CallsAsync("Login") > 20);
        }
    }
}
