using Amazon.Runtime.Internal;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Platforms.Aws;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>Where keys come from, and what happens when they are wrong, run out, or may too little.</summary>
[Collection(nameof(AccessTests))]
public sealed class AccessTests
{
    private const int Limit = 60_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_role_is_taken_on_with_its_external_id_and_again_before_it_expires()
    {
        await using var ec2 = await Ec2World.StartAsync();
        // New keys are taken five minutes before the old ones expire: here after two seconds.
        ec2.Server.Others.SessionLength = TimeSpan.FromSeconds(302);
        await using var site = ec2.Open("ec2", settings => settings with { RoleArn = ec2.Server.Others.Role, ExternalId = ec2.Server.Others.ExternalId });

        await site.DescribeAsync(Cancel);
        await Task.Delay(TimeSpan.FromSeconds(2.5), Cancel);
        await site.DescribeAsync(Cancel);

        Assert.True(ec2.World.Accounts.Count >= 3, "the role was not taken on again");
        await using var wrong = ec2.Open("ec2", settings => settings with { RoleArn = ec2.Server.Others.Role, ExternalId = "another" });
        var failure = await Assert.ThrowsAsync<PlatformException>(() => wrong.DescribeAsync(Cancel));
        Assert.Equal(PlatformErrorKind.Denied, failure.Kind);
        Assert.DoesNotContain("another", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Wrong_unknown_and_expired_keys_are_denied_with_what_to_do_and_without_the_secret()
    {
        await using var ec2 = await Ec2World.StartAsync();
        ec2.World.Accounts.Add(new Account { Key = "ASIAEXPIRED", Secret = "expired-secret", Token = "token", Expires = DateTimeOffset.UnixEpoch });
        foreach (var settings in (AwsSettings[])
        [
            ec2.Settings with { SecretAccessKey = "not-the-secret" },
            ec2.Settings with { AccessKeyId = "AKIANOBODY" },
            ec2.Settings with { AccessKeyId = "ASIAEXPIRED", SecretAccessKey = "expired-secret", SessionToken = "token" },
        ])
        {
            await using var site = new AwsSite("ec2", settings, TimeProvider.System);
            var failure = await Assert.ThrowsAsync<PlatformException>(() => site.FindByNameAsync("web", Cancel));
            Assert.Equal(PlatformErrorKind.Denied, failure.Kind);
            Assert.DoesNotContain(settings.SecretAccessKey!, failure.ToString(), StringComparison.Ordinal);
            var block = await Assert.ThrowsAsync<PlatformException>(() => site.EnsureDiskAsync(new DiskRequest("vmm-0000000000000001", "web", "gp3", "vda", 1 << 20, null), Cancel));
            Assert.Equal(PlatformErrorKind.Denied, block.Kind);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_endpoint_where_nobody_answers_is_unreachable()
    {
        await using var site = new AwsSite("ec2", new AwsSettings { Region = "xx-test-1", AccessKeyId = "a", SecretAccessKey = "b", Endpoint = new Uri("http://127.0.0.1:9") }, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<PlatformException>(() => site.FindByNameAsync("web", Cancel));

        Assert.Equal(PlatformErrorKind.Unreachable, failure.Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task A_profile_that_is_not_there_is_named()
    {
        await using var ec2 = await Ec2World.StartAsync();
        await using var site = ec2.Open("ec2", settings => settings with { AccessKeyId = null, SecretAccessKey = null, Profile = "nobody-has-this" });

        var failure = await Assert.ThrowsAsync<PlatformException>(() => site.DescribeAsync(Cancel));

        Assert.Equal(PlatformErrorKind.Denied, failure.Kind);
        Assert.Contains("nobody-has-this", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Keys_come_from_the_instance_role_where_nothing_else_is_there()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var role = new Account { Key = "ASIAFROMTHEINSTANCE", Secret = "instance-secret", Token = "instance-token" };
        ec2.World.Accounts.Add(role);
        ec2.Server.MetadataAccount = role;
        using var environment = new Variables(
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", ec2.Server.Address.ToString().TrimEnd('/')), ("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_PROFILE", null), ("AWS_ACCESS_KEY_ID", null),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials"), ("AWS_CONFIG_FILE", "/nonexistent/config"));
        await using var site = ec2.Open("ec2", settings => settings with { AccessKeyId = null, SecretAccessKey = null });

        await site.DescribeAsync(Cancel);

        Assert.Contains("metadata role", ec2.World.Calls.Keys);
        Assert.DoesNotContain("instance-secret", site.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_profile_of_the_shared_files_gives_its_keys_and_one_with_a_role_takes_it_on()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var folder = Directory.CreateTempSubdirectory("vmm-aws-").FullName;
        var file = Path.Combine(folder, "credentials");
        await File.WriteAllTextAsync(file, $"[movers]\naws_access_key_id = {ec2.Account.Key}\naws_secret_access_key = {ec2.Account.Secret}\n", Cancel);
        try
        {
            using var environment = new Variables(("AWS_SHARED_CREDENTIALS_FILE", file), ("AWS_CONFIG_FILE", Path.Combine(folder, "config")));
            foreach (var role in (string?[])[null, ec2.Server.Others.Role])
            {
                await using var site = ec2.Open("ec2", settings => settings with
                {
                    AccessKeyId = null,
                    SecretAccessKey = null,
                    Profile = "movers",
                    RoleArn = role,
                    ExternalId = role is null ? null : ec2.Server.Others.ExternalId,
                });
                await site.DescribeAsync(Cancel);
            }

            Assert.True(ec2.World.Calls["AssumeRole"] == 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Keys_that_run_out_in_the_middle_of_a_copy_are_told_as_such_and_the_next_run_goes_on()
    {
        await using var ec2 = await Ec2World.StartAsync();
        var session = new Account { Key = "ASIASHORT", Secret = "short-secret", Token = "short-token" };
        ec2.World.Accounts.Add(session);
        var request = new DiskRequest("vmm-00000000000acce5", "web", "gp3", "vda", 8 << 19, null);
        var content = new MemoryDisk("source", request.LengthBytes);
        for (var block = 0; block < 8; block++)
        {
            content.Write(block << 19, [1]);
        }

        await using (var site = ec2.Open("ec2", settings => settings with { AccessKeyId = session.Key, SecretAccessKey = session.Secret, SessionToken = session.Token }))
        {
            var disk = await site.EnsureDiskAsync(request, Cancel);
            // From the call after the first block on.
            ec2.World.Faults.Before = action => session.Expires = action.StartsWith("PUT", StringComparison.Ordinal) ? DateTimeOffset.UnixEpoch : session.Expires;
            var failure = await Assert.ThrowsAsync<BlockException>(() => CopyAsync(site, disk));
            Assert.True(failure.ToString().Contains("expired", StringComparison.OrdinalIgnoreCase), failure.ToString());
            Assert.DoesNotContain(session.Secret, failure.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(session.Token, failure.ToString(), StringComparison.Ordinal);
        }

        ec2.World.Faults.Before = null;
        await using var again = ec2.Open("ec2");
        var found = await again.EnsureDiskAsync(request, Cancel);
        await CopyAsync(again, found);
        await again.EnsureDiskRemovedAsync(found, Cancel);

        async Task CopyAsync(AwsSite site, TargetDisk disk)
        {
            await using var access = await site.OpenDiskAsync(disk, Cancel);
            await using var reader = content.Reader();
            await using var writer = access.OpenWriter();
            await BlockCopier.CopyAsync(reader, writer, new CopyOptions { TargetIsZero = true }, null, Cancel);
        }
    }

    /// <summary>Variables of this process for a while. The SDK reads them itself; the other tests give their keys.</summary>
    private sealed class Variables : IDisposable
    {
        private readonly List<(string Name, string? Value)> _before = [];

        internal Variables(params (string Name, string? Value)[] variables)
        {
            foreach (var (name, value) in variables)
            {
                _before.Add((name, Environment.GetEnvironmentVariable(name)));
                Environment.SetEnvironmentVariable(name, value);
            }

            // The SDK reads some of them once for a process, and another test may have made it do so.
            FallbackInternalConfigurationFactory.Reset();
        }

        public void Dispose()
        {
            _before.ForEach(one => Environment.SetEnvironmentVariable(one.Name, one.Value));
            FallbackInternalConfigurationFactory.Reset();
        }
    }
}
