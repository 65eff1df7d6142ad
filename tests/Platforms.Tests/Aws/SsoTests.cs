using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CliWrap;
using CliWrap.Buffered;
using VmMigrate.Platforms.Aws;
using VmMigrate.TestEc2;

namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A profile with <c>sso_session</c>, as <c>aws sso login</c> leaves it, in a process of its own with a home of its own, at a stand-in of the portal.</summary>
public sealed class SsoTests : IDisposable
{
    private const int Limit = 60_000;
    private const string EndpointVariable = "VMMIGRATE_TEST_SSO_ENDPOINT";
    private const string Secret = "keys-of-the-portal";

    private readonly string _home = Directory.CreateTempSubdirectory("vmmigrate-sso-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory(Timeout = Limit)]
    [InlineData("fresh")]
    [InlineData("expired")]
    [InlineData("gone")]
    public async Task A_profile_of_iam_identity_center_gives_keys_and_renews_its_login(string login)
    {
        await using var ec2 = await Ec2World.StartAsync();
        var account = new Account { Key = "ASIAFROMTHEPORTAL000", Secret = Secret, Token = "portal-session" };
        ec2.World.Accounts.Add(account);
        ec2.Server.Portal = new PortalLogin("token-of-today", "refresh-me", "client-1", account);
        var cache = Directory.CreateDirectory(Path.Combine(_home, ".aws", "sso", "cache")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(_home, ".aws", "config"),
            $"""
            [profile mover]
            sso_session = corp
            sso_account_id = {World.Owner}
            sso_role_name = Mover
            region = {Ec2Server.Region}

            [sso-session corp]
            sso_start_url = https://corp.awsapps.example/start
            sso_region = {Ec2Server.Region}
            sso_registration_scopes = sso:account:access
            """,
            Cancel);
        if (login != "gone")
        {
            // As `aws sso login` writes it: the file's name is the SHA-1 of the session's.
            var until = DateTimeOffset.UtcNow.AddHours(login == "fresh" ? 8 : -1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
#pragma warning disable CA5350 // The format is AWS's.
            var name = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes("corp")));
#pragma warning restore CA5350
            await File.WriteAllTextAsync(
                Path.Combine(cache, name + ".json"),
                new JsonObject
                {
                    ["startUrl"] = "https://corp.awsapps.example/start",
                    ["region"] = Ec2Server.Region,
                    ["accessToken"] = login == "fresh" ? "token-of-today" : "token-of-yesterday",
                    ["expiresAt"] = until,
                    ["clientId"] = "client-1",
                    ["clientSecret"] = "client-secret",
                    ["registrationExpiresAt"] = DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
                    ["refreshToken"] = "refresh-me",
                }.ToJsonString(),
                Cancel);
        }

        var endpoint = ec2.Server.Address.ToString().TrimEnd('/');
        var run = await Cli.Wrap(Environment.ProcessPath!)
            .WithArguments(["-method", $"*{nameof(SsoTests)}.{nameof(The_runner)}", "-explicit", "only", "-noColor"])
            .WithEnvironmentVariables(variables => variables
                .Set("HOME", _home).Set("AWS_CONFIG_FILE", Path.Combine(_home, ".aws", "config")).Set("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_home, ".aws", "credentials"))
                .Set("AWS_PROFILE", null).Set("AWS_ACCESS_KEY_ID", null).Set("AWS_EC2_METADATA_DISABLED", "true")
                .Set("AWS_ENDPOINT_URL_SSO", endpoint).Set("AWS_ENDPOINT_URL_SSO_OIDC", endpoint).Set(EndpointVariable, endpoint))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(Cancel);

        Assert.DoesNotContain(Secret, run.StandardOutput, StringComparison.Ordinal);
        if (login == "gone")
        {
            // Nobody has logged in: that is said, with the way to do it, and no portal is asked.
            Assert.True(run.StandardOutput.Contains("Log in with aws sso login", StringComparison.Ordinal), run.StandardOutput);
            Assert.DoesNotContain("GetRoleCredentials", ec2.World.Calls.Keys);
            return;
        }

        Assert.True(run.ExitCode == 0, run.StandardOutput);
        Assert.True(ec2.World.Calls.ContainsKey("GetRoleCredentials"), run.StandardOutput);
        Assert.Equal(login == "expired", ec2.World.Calls.ContainsKey("CreateToken"));
        Assert.Contains("DescribeSubnets", ec2.World.Calls.Keys);
    }

    /// <summary>Runs only in the process that the test above starts.</summary>
    [Fact(Explicit = true)]
    public async Task The_runner()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(EndpointVariable) is null, "This is the part of another test that runs in a process of its own.");
        await using var site = new AwsSite(
            "ec2", new AwsSettings { Region = Ec2Server.Region, Profile = "mover", Endpoint = new Uri(Environment.GetEnvironmentVariable(EndpointVariable)!) }, TimeProvider.System);

        var facts = await site.DescribeAsync(Cancel);

        Assert.Contains(facts.Networks, network => network.Name == "apps-a");
    }
}
