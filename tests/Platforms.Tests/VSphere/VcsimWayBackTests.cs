using System.Collections.Immutable;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.VSphere;

namespace VmMigrate.Platforms.Tests.VSphere;

/// <summary>The way back from vSphere: what the guest wrote there since its cutover is told by the server's own tracking, and little more is sent home.</summary>
public sealed class VcsimWayBackTests : IAsyncLifetime
{
    private const int Limit = 120_000;
    private const string Name = "returned";
    private const int Length = 16 << 20;

    private Vcsim _home = null!;
    private Vcsim _away = null!;
    private VSphereSite _vc1 = null!;
    private VSphereSite _vc2 = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static MigrationSpec Spec { get; } = new()
    {
        Vm = new VmReference("vc1", Name, null),
        Target = new TargetSpec("vc2", null, null, ImmutableDictionary<string, string>.Empty, null),
    };

    public async ValueTask InitializeAsync()
    {
        _home = await Vcsim.StartAsync("-guests");
        _away = await Vcsim.StartAsync("-guests");
        _vc1 = _home.Open("vc1");
        _vc2 = _away.Open("vc2");
    }

    public async ValueTask DisposeAsync()
    {
        await _vc1.DisposeAsync();
        await _vc2.DisposeAsync();
        await _home.DisposeAsync();
        await _away.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_written_since_the_cutover_comes_home_as_a_delta()
    {
        await MoveAsync();
        var (before, outcome) = await BackAsync();

        Assert.True(outcome is { Failed: null }, $"{outcome?.Failed?.Name}: {outcome?.Why}");
        Assert.Equal("cutover", before.Run!.Delta!.Since);
        Assert.DoesNotContain(before.Findings, finding => finding.Id == "rollback.compares");
        Assert.Contains(outcome!.Done, step => step.Name == "bring changes back while it runs");
        Assert.Contains(" since ", outcome.Done.Single(step => step.Name == "bring changes back").Detail, StringComparison.Ordinal);
        Assert.InRange(before.Run.Transferred, 1, Length / 4);
        await AssertHomeAsync(before.Run);
    }

    [Fact(Timeout = Limit)]
    public async Task Where_the_server_has_reset_its_tracking_whole_disks_are_compared_and_nothing_is_lost()
    {
        await MoveAsync();
        await _away.ResetTrackingAsync((await new VcsimWorld(_away, _vc2).VmAsync(Name, Cancel)).Ref);
        var (before, outcome) = await BackAsync();

        Assert.True(outcome is { Failed: null }, $"{outcome?.Failed?.Name}: {outcome?.Why}");
        Assert.InRange(before.Run!.Transferred, 1, Length / 4);
        await AssertHomeAsync(before.Run);
    }

    private async Task MoveAsync()
    {
        await new VcsimWorld(_home, _vc1).CreateRunningVmAsync(Name, VcsimWorld.Content(Length, 7), Cancel);
        var outcome = await VcsimMoves.UpAsync(Spec, null, Cancel, _vc1, _vc2);
        Assert.True(outcome.Failed is null, $"{outcome.Failed?.Name}: {outcome.Why}");
        Assert.Contains("is tracked", outcome.Done.Single(step => step.Name == "start VM").Detail, StringComparison.Ordinal);

        // It writes there.
        var flat = _away.FlatOf(Assert.Single(await _vc2.FindByNameAsync(Name, Cancel)).Disks[0].Location);
        var was = await File.ReadAllBytesAsync(flat, Cancel);
        while (Enumerable.SequenceEqual(was, await File.ReadAllBytesAsync(flat, Cancel)))
        {
            await Task.Delay(100, Cancel);
        }
    }

    private Task<(Preflight Before, RunOutcome? Outcome)> BackAsync() =>
        Drive.RunAsync(Spec, null, new Book(_vc1, _vc2), removal: true, RunnerIdentity.This, TimeProvider.System, RunEvents.None, Cancel);

    /// <summary>Both sides held the same at the end, and it runs at home with nothing left at the target.</summary>
    private async Task AssertHomeAsync(Run run)
    {
        Assert.All(run.Proofs, proof => Assert.Equal(proof.SourceDigest, proof.TargetDigest));
        Assert.NotEmpty(run.Proofs);
        var home = Assert.Single(await _vc1.FindByNameAsync(Name, Cancel));
        Assert.Equal(PowerState.Running, home.Power);
        Assert.Null(home.Stamp);
        Assert.Empty(await _vc2.FindByNameAsync(Name, Cancel));
        Assert.Empty(await _vc2.FindStampedDisksAsync(run.MigrationId, Cancel));
        Assert.Equal(0, home.Snapshots.Value);
    }
}
