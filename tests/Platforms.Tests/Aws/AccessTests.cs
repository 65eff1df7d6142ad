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
}
