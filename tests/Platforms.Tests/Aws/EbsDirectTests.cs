using System.Security.Cryptography;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Aws;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>The data path through EBS direct, against a server that throttles, spoils, loses replies and forgets.</summary>
public sealed class EbsDirectTests
{
    private const int Limit = 120_000;
    private const int Block = 512 << 10;
    private const string Migration = "vmm-00000000000eb5d1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Ten_thousand_blocks_with_a_twentieth_throttled_and_a_hundredth_spoilt_end_exact()
    {
        await using var ec2 = await Ec2World.StartAsync(seed: 7);
        (ec2.World.Faults.BlocksThrottled, ec2.World.Faults.Corrupted, ec2.World.Faults.LostReplies) = (0.05, 0.01, 0.002);
        await using var site = ec2.Open("ec2", settings => settings with { BlocksInFlight = 64 });
        // 10,000 blocks are on the disk; 4,900 of them have anything on them, and each of those only a little: what a test's memory can hold.
        var source = new MemoryDisk("source", 10_000L * Block);
        for (var i = 0; i < 4_900; i++)
        {
            source.Write((i * 2L * Block) + (i % 8 * 65536), BitConverter.GetBytes(i + 1));
        }

        ec2.World.KeepBlocks = true;
        var disk = await site.EnsureDiskAsync(new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null), Cancel);
        await using var access = await site.OpenDiskAsync(disk, Cancel);
        await using var reader = source.Reader();
        await using var writer = access.OpenWriter();

        var result = await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Digest = DigestAlgorithm.Sha256, TargetIsZero = true, ReadBack = true }, null, Cancel);

        Assert.Equal(result.SourceDigest, result.TargetDigest);
        var snapshot = ec2.Do(world => Assert.Single(world.Snapshots));
        Assert.Equal("completed", snapshot.State);
        Assert.Equal(4_900, snapshot.Put.Count);
        Assert.True(ec2.World.Calls["PUT block"] > 4_900, "nothing was sent twice, so nothing was spoilt");
        await site.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_round_of_changes_is_a_snapshot_on_its_parent_with_only_the_changed_blocks()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2", settings => settings with { KmsKeyArn = ec2.World.KmsKeys.Single() });
        var source = Filled(64);
        var disk = await site.EnsureDiskAsync(new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null), Cancel);
        await CopyAsync(site, disk, source, null, isNew: true);
        var parent = ec2.Do(world => Assert.Single(world.Snapshots));
        Assert.Equal(ec2.World.KmsKeys.Single(), parent.KmsKey);
        Assert.Equal(64, parent.Put.Count);

        source.Write(5 * Block, [1, 2, 3]);
        source.Zero(9 * Block, Block);
        await CopyAsync(site, disk, source, ExtentSet.Of([new Extent(5 * Block, 65536), new Extent(9 * Block, Block)]), isNew: false);

        var child = ec2.Do(world => Assert.Single(world.Snapshots));
        Assert.Same(parent, child.Parent);
        Assert.Equal([5, 9], child.Put.Keys);
        Assert.Equal(parent.KmsKey, child.KmsKey);
        ec2.World.Faults.EmptyPages = true;
        Assert.Equal(await DigestAsync(source), await DigestAsync(site, disk));
        await site.EnsureDiskRemovedAsync(disk, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_killed_copy_goes_on_with_the_blocks_that_the_open_snapshot_has()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var source = Filled(160);
        TargetDisk disk;
        await using (var site = ec2.Open("ec2"))
        {
            disk = await site.EnsureDiskAsync(new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null), Cancel);
            ec2.World.Faults.Before = action =>
            {
                if (action.StartsWith("PUT", StringComparison.Ordinal) && ec2.World.Puts.Count >= 120)
                {
                    throw new TestEc2.Ec2Error(403, "AccessDeniedException", "The test has had enough.");
                }
            };
            await Assert.ThrowsAsync<BlockException>(() => CopyAsync(site, disk, source, null, isNew: true, resume: true));
        }

        ec2.World.Faults.Before = null;
        var before = ec2.World.Puts.Count;
        await using var again = ec2.Open("ec2");
        var found = await again.EnsureDiskAsync(new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null), Cancel);
        Assert.False(found.IsNew);
        var result = await CopyAsync(again, found, source, null, isNew: false, resume: true);

        Assert.True(result.ResumedBytes > 0, "nothing was found done");
        Assert.True(ec2.World.Puts.Count - before < 160, $"{ec2.World.Puts.Count - before} blocks were sent again");
        Assert.Equal(await DigestAsync(source), await DigestAsync(again, found));
        await again.EnsureDiskRemovedAsync(found, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task What_only_another_machine_knows_is_dropped_and_what_was_sealed_is_kept()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2");
        var source = Filled(8);
        var request = new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null);
        var disk = await site.EnsureDiskAsync(request, Cancel);
        await CopyAsync(site, disk, source, null, isNew: true);
        var head = ec2.Do(world => world.Snapshots[0].Id);
        await using (var access = await site.OpenDiskAsync(disk, Cancel))
        await using (var writer = access.OpenWriter())
        await using (var reader = Filled(8).Reader())
        {
            await BlockCopier.CopyAsync(reader, writer, new CopyOptions { Digest = DigestAlgorithm.None }, null, Cancel);
        }

        var open = ec2.Do(world => world.Snapshots.Find(snapshot => snapshot.Id != head)!);
        File.Delete(VmMigrate.Platforms.Aws.Ebs.PutJournal.PathOf(open.Id));

        var found = await site.EnsureDiskAsync(request, Cancel);

        Assert.False(found.IsNew);
        Assert.Equal(head, ec2.Do(world => Assert.Single(world.Snapshots)).Id);
        Assert.Equal(await DigestAsync(source), await DigestAsync(site, found));
        await site.EnsureDiskRemovedAsync(found, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task A_snapshot_whose_blocks_were_lost_fails_and_is_begun_anew()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2");
        var source = Filled(8);
        var request = new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null);
        var disk = await site.EnsureDiskAsync(request, Cancel);
        ec2.World.Faults.Before = action =>
        {
            if (action.Contains("completion", StringComparison.Ordinal))
            {
                ec2.World.Snapshots[0].Put.Remove(3);
            }
        };
        var failure = await Assert.ThrowsAsync<BlockException>(() => CopyAsync(site, disk, source, null, isNew: true));
        Assert.Contains("checksum", failure.Message, StringComparison.OrdinalIgnoreCase);
        ec2.World.Faults.Before = null;

        var anew = await site.EnsureDiskAsync(request, Cancel);

        Assert.True(anew.IsNew);
        await CopyAsync(site, anew, source, null, isNew: true);
        Assert.Equal(await DigestAsync(source), await DigestAsync(site, anew));
        await site.EnsureDiskRemovedAsync(anew, Cancel);
    }

    [Fact(Timeout = Limit)]
    public async Task Throttling_shows_in_the_progress_and_the_pace_comes_back()
    {
        await using var ec2 = await Ec2World.StartAsync();
        ec2.World.Faults.BlocksThrottled = 0.3;
        await using var site = ec2.Open("ec2", settings => settings with { BlocksPerSecond = 500 });
        var source = Filled(64);
        var disk = await site.EnsureDiskAsync(new DiskRequest(Migration, "web", "gp3", "vda", source.LengthBytes, null), Cancel);
        await using var access = await site.OpenDiskAsync(disk, Cancel);
        await using var reader = source.Reader();
        await using (var writer = access.OpenWriter())
        {
            await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true }, null, Cancel);
        }

        Assert.Contains("EBS asks for a slower pace", access.Notice, StringComparison.Ordinal);
        ec2.World.Faults.BlocksThrottled = 0;
        while (access.Notice is not null)
        {
            await Task.Delay(200, Cancel);
            await using var again = access.OpenReader();
            await again.ReadAsync(0, new byte[16], Cancel);
        }

        await site.EnsureDiskRemovedAsync(disk, Cancel);
    }

    private static MemoryDisk Filled(int blocks)
    {
        var disk = new MemoryDisk("source", (long)blocks * Block);
        for (var i = 0; i < blocks; i++)
        {
            disk.Write((long)i * Block, RandomNumberGenerator.GetBytes(Block));
        }

        return disk;
    }

    private static async Task<CopyResult> CopyAsync(AwsSite site, TargetDisk disk, MemoryDisk source, ExtentSet? ranges, bool isNew, bool resume = false)
    {
        await using var access = await site.OpenDiskAsync(disk, Cancel);
        await using var reader = source.Reader();
        await using var writer = access.OpenWriter();
        var options = new CopyOptions
        {
            Ranges = ranges,
            TargetIsZero = isNew && ranges is null,
            ReadBack = true,
            Resume = resume ? new ResumeOptions(access.Resume!, "state") : null,
        };
        return await BlockCopier.CopyAsync(reader, writer, options, null, Cancel);
    }

    private static async Task<string> DigestAsync(MemoryDisk disk)
    {
        await using var reader = disk.Reader();
        return (await BlockCopier.DigestAsync(reader, null, new CopyOptions(), null, Cancel)).Digest;
    }

    private static async Task<string> DigestAsync(AwsSite site, TargetDisk disk)
    {
        await using var access = await site.OpenDiskAsync(disk, Cancel);
        await using var reader = access.OpenReader();
        return (await BlockCopier.DigestAsync(reader, null, new CopyOptions(), null, Cancel)).Digest;
    }
}
