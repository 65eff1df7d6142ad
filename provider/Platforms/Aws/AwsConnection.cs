using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

/// <summary>The clients of one site. They open themselves at first use.</summary>
internal sealed class AwsConnection(string site, AwsSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>What the platform needs to show a thing that it has just made, at most.</summary>
    private static readonly TimeSpan ConsistencyPatience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private AWSCredentials? _keys;
    private AmazonEC2Client? _ec2;
    private SignedHttp? _http;
    private string? _account;

    internal string SiteName => site;

    internal AwsSettings Settings => settings;

    internal TimeProvider Time => time;

    internal SignedHttp Http
    {
        get
        {
            Open();
            return _http!;
        }
    }

    /// <summary>Asks EC2; passing throttling and server errors are waited out by the SDK's adaptive mode.</summary>
    internal async Task<T> AskAsync<T>(string what, Func<AmazonEC2Client, Task<T>> call, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            Open();
            return await call(_ec2!).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException)
        {
            throw AwsErrors.Map(e, site, what);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new PlatformException(PlatformErrorKind.TimedOut, site, $"{what} failed: no answer in time.", e);
        }
    }

    /// <summary>As <see cref="AskAsync"/> for something that was made a moment ago and may not be seen yet.</summary>
    internal async Task<T> AskSoonAsync<T>(string what, Func<AmazonEC2Client, Task<T>> call, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await AskAsync(what, call, cancellation).ConfigureAwait(false);
            }
            catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound && time.GetElapsedTime(since) < ConsistencyPatience)
            {
                await Task.Delay(Pause(since), time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Asks until it is so.</summary>
    /// <param name="what">Such as <c>volume vol-1 to become available</c>.</param>
    internal async Task<T> UntilAsync<T>(string what, TimeSpan patience, Func<Task<(bool Done, T Value)>> look, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var (done, value) = await look().ConfigureAwait(false);
            if (done)
            {
                return value;
            }

            if (time.GetElapsedTime(since) > patience)
            {
                throw new PlatformException(PlatformErrorKind.TimedOut, site, $"Waited {patience.TotalSeconds:0} s for {what} at {site}, in vain. Run again to go on from there.");
            }

            await Task.Delay(Pause(since), time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>As above, where only that it is so is asked for.</summary>
    internal async Task UntilAsync(string what, TimeSpan patience, Func<Task<bool>> look, CancellationToken cancellation) =>
        await UntilAsync(what, patience, async () => (await look().ConfigureAwait(false), true), cancellation).ConfigureAwait(false);

    /// <summary>Whose account it is.</summary>
    internal async Task<string> AccountAsync(CancellationToken cancellation)
    {
        if (_account is { } known)
        {
            return known;
        }

        return await AskAsync(
            "asking whose keys these are",
            async _ =>
            {
                using var sts = AwsKeys.OpenSts(_keys!, settings);
                return _account = (await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), cancellation).ConfigureAwait(false)).Account;
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a call would be allowed, by EC2's own dry run.</summary>
    /// <returns>Null when it would be; else EC2's words.</returns>
    internal async Task<string?> WhyNotAllowedAsync(Func<AmazonEC2Client, Task> dryRun, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            Open();
            await dryRun(_ec2!).ConfigureAwait(false);
            return null;
        }
        catch (AmazonEC2Exception e) when (e.ErrorCode is "DryRunOperation")
        {
            return null;
        }
        catch (AmazonEC2Exception e) when (e.ErrorCode is "UnauthorizedOperation" or "AuthFailure")
        {
            return e.Message;
        }
        catch (AmazonEC2Exception)
        {
            // Allowed, and refused for what was asked: the parameters of a dry run name things that do not exist.
            return null;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw AwsErrors.Map(e, site, "a dry run");
        }
    }

    public void Dispose()
    {
        _ec2?.Dispose();
        _http?.Dispose();
    }

    private TimeSpan Pause(long since) => time.GetElapsedTime(since) switch
    {
        var elapsed when elapsed < TimeSpan.FromSeconds(1) => TimeSpan.FromMilliseconds(50),
        var elapsed when elapsed < TimeSpan.FromSeconds(10) => TimeSpan.FromMilliseconds(500),
        _ => TimeSpan.FromSeconds(3),
    };

    private void Open()
    {
        lock (_gate)
        {
            if (_ec2 is not null)
            {
                return;
            }

            _keys = AwsKeys.Find(settings);
            var config = new AmazonEC2Config
            {
                AuthenticationRegion = settings.Region,
                RetryMode = RequestRetryMode.Adaptive,
                MaxErrorRetry = 10,
                Timeout = TimeSpan.FromSeconds(100),
            };
            if (settings.Endpoint is { } endpoint)
            {
                config.ServiceURL = endpoint.ToString();
            }
            else
            {
                config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
            }

            _http = new SignedHttp(_keys, settings);
            _ec2 = new AmazonEC2Client(_keys, config);
        }
    }
}
