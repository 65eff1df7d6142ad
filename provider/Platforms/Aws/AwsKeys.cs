using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.RuntimeDependencies;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.SSO;
using Amazon.SSOOIDC;

namespace VmMigrate.Platforms.Aws;

/// <summary>Where the keys come from: given, a profile, or AWS's own chain (environment, profile, SSO, container, instance role); then a role to take on.</summary>
internal static class AwsKeys
{
    private static int _registered;

    /// <exception cref="AmazonClientException">There are none.</exception>
    internal static AWSCredentials Find(AwsSettings settings)
    {
        Register();
        var keys = Own(settings);
        return settings.RoleArn is null ? keys : new Role(keys, settings);
    }

    private static AWSCredentials Own(AwsSettings settings)
    {
        if (settings.AccessKeyId is { } id)
        {
            return settings.SessionToken is { } token
                ? new SessionAWSCredentials(id, settings.SecretAccessKey, token)
                : new BasicAWSCredentials(id, settings.SecretAccessKey);
        }

        if (settings.Profile is { } profile)
        {
            return new CredentialProfileStoreChain(Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE") is { Length: > 0 } file ? file : null).TryGetAWSCredentials(profile, out var found)
                ? found
                : throw new AmazonClientException($"There is no profile \"{profile}\" in the shared config and credentials files, or it holds no credentials.");
        }

        return DefaultAWSCredentialsIdentityResolver.GetCredentials();
    }

    /// <summary>The SDK finds its clients of other services by reflection otherwise, which a native program does not have.</summary>
    private static void Register()
    {
        if (Interlocked.Exchange(ref _registered, 1) == 0)
        {
            GlobalRuntimeDependencyRegistry.Instance.RegisterSSOClient(context => new AmazonSSOClient(new AnonymousAWSCredentials(), context.SSOClientContextData.Region));
            GlobalRuntimeDependencyRegistry.Instance.RegisterSSOOIDCClient(context => new AmazonSSOOIDCClient(new AnonymousAWSCredentials(), context.SSOOIDCClientContextData.Region));
            GlobalRuntimeDependencyRegistry.Instance.RegisterSecurityTokenServiceClient(context => new AmazonSecurityTokenServiceClient(new AnonymousAWSCredentials(), context.SecurityTokenServiceClientContextData.Region));
        }
    }

    internal static AmazonSecurityTokenServiceClient OpenSts(AWSCredentials keys, AwsSettings settings)
    {
        var config = new AmazonSecurityTokenServiceConfig { RetryMode = RequestRetryMode.Standard, AuthenticationRegion = settings.Region };
        if (settings.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.ToString();
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        }

        return new AmazonSecurityTokenServiceClient(keys, config);
    }

    /// <summary>Keys of a role, taken anew before they expire.</summary>
    private sealed class Role : RefreshingAWSCredentials
    {
        private readonly AWSCredentials _keys;
        private readonly AwsSettings _settings;

        internal Role(AWSCredentials keys, AwsSettings settings)
        {
            (_keys, _settings) = (keys, settings);
            PreemptExpiryTime = TimeSpan.FromMinutes(5);
        }

        protected override CredentialsRefreshState GenerateNewCredentials() => GenerateNewCredentialsAsync().GetAwaiter().GetResult();

        protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
        {
            using var sts = OpenSts(_keys, _settings);
            var taken = await sts.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = _settings.RoleArn, RoleSessionName = _settings.SessionName, ExternalId = _settings.ExternalId }).ConfigureAwait(false);
            var keys = taken.Credentials;
            return new CredentialsRefreshState(new ImmutableCredentials(keys.AccessKeyId, keys.SecretAccessKey, keys.SessionToken), keys.Expiration!.Value);
        }
    }
}
