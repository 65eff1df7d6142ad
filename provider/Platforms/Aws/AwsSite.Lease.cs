using System.Collections.Concurrent;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

// One migration, one driver: a launch template that nobody launches from. Its name is unique in the account and region, so only one can make it; its id is never given again, so only one can
// delete it.
internal sealed partial class AwsSite
{
    private const string LeaseNotFree = "InvalidLaunchTemplateName.AlreadyExistsException";

    /// <summary>A lease that was seen and is not: EC2 may answer from a place that does not know it yet, or somebody is taking it over, who deletes and then makes.</summary>
    private static readonly TimeSpan LookAgainFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookAgainEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>By migration: what was seen last.</summary>
    private readonly ConcurrentDictionary<string, StandingLease> _leases = new(StringComparer.Ordinal);

    public override bool KeepsLeases => true;

    public override async Task<Lease?> FindLeaseAsync(string migrationId, CancellationToken cancellation) =>
        (await FindStandingAsync(migrationId, cancellation).ConfigureAwait(false))?.Lease;

    /// <remarks>
    /// A renewal writes tags on the expected template by its id: there is no moment without a lease, and a template that was taken over is not found. A take-over deletes the expected
    /// template by its id, which deletes no other, and then makes its own, which EC2 refuses while another stands.
    /// </remarks>
    public override async Task<bool> TrySetLeaseAsync(string migrationId, Guid? expected, Lease? next, CancellationToken cancellation)
    {
        if (expected is { } token)
        {
            var standing = _leases.TryGetValue(migrationId, out var seen) && seen.Lease.Token == token ? seen : await FindStandingAsync(migrationId, cancellation).ConfigureAwait(false);
            if (standing?.Lease.Token != token)
            {
                return false;
            }

            if (next?.Token == token)
            {
                return await TryOnTemplateAsync($"renewing the lease of migration {migrationId}", ec2 => ec2.CreateTagsAsync(new CreateTagsRequest([standing.Template], AwsTags.Write(AwsTags.WriteLease(next))), cancellation), cancellation).ConfigureAwait(false)
                    && await IsSeenAsync(next, token, cancellation).ConfigureAwait(false);
            }

            if (!await TryOnTemplateAsync($"taking away the lease of migration {migrationId}", ec2 => ec2.DeleteLaunchTemplateAsync(new DeleteLaunchTemplateRequest { LaunchTemplateId = standing.Template }, cancellation), cancellation).ConfigureAwait(false))
            {
                return false;
            }
        }

        if (next is null)
        {
            _leases.TryRemove(migrationId, out _);
            return true;
        }

        return await TryMakeAsync(next, cancellation).ConfigureAwait(false) && await IsSeenAsync(next, expected, cancellation).ConfigureAwait(false);
    }

    private sealed record StandingLease(string Template, Lease Lease);

    private static string LeaseName(string migrationId) => "vmmigrate-lease-" + migrationId;

    private async Task<StandingLease?> FindStandingAsync(string migrationId, CancellationToken cancellation)
    {
        var since = _time.GetTimestamp();
        while (true)
        {
            if (await ReadStandingAsync(migrationId, cancellation).ConfigureAwait(false) is { } standing)
            {
                return _leases[migrationId] = standing;
            }

            if (!_leases.TryGetValue(migrationId, out var seen))
            {
                return null;
            }

            if (_time.GetElapsedTime(since) >= LookAgainFor)
            {
                _leases.TryRemove(KeyValuePair.Create(migrationId, seen));
                return null;
            }

            await Task.Delay(LookAgainEvery, _time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<StandingLease?> ReadStandingAsync(string migrationId, CancellationToken cancellation)
    {
        var name = LeaseName(migrationId);
        LaunchTemplate? template;
        try
        {
            var page = await _connection.AskAsync($"looking for the lease of migration {migrationId}", ec2 => ec2.DescribeLaunchTemplatesAsync(new DescribeLaunchTemplatesRequest { LaunchTemplateNames = [name] }, cancellation), cancellation).ConfigureAwait(false);
            template = page.LaunchTemplates?.FirstOrDefault();
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return null;
        }

        if (template is null)
        {
            return null;
        }

        return AwsTags.ReadLease(migrationId, AwsTags.Read(template.Tags)) is { } lease
            ? new StandingLease(template.LaunchTemplateId, lease)
            : throw No(PlatformErrorKind.Refused, $"Launch template {template.LaunchTemplateId} ({name}) at {Name} ({Where}) stands for the lease of migration {migrationId}, and its tags do not say who holds it. Make sure that no run of this migration is under way, delete it, and run again.");
    }

    /// <returns>False where another's stands.</returns>
    private async Task<bool> TryMakeAsync(Lease lease, CancellationToken cancellation)
    {
        var request = new CreateLaunchTemplateRequest
        {
            LaunchTemplateName = LeaseName(lease.MigrationId),
            VersionDescription = "Who drives a migration now. Not for launching.",
            LaunchTemplateData = new RequestLaunchTemplateData { InstanceInitiatedShutdownBehavior = "stop" },
            TagSpecifications = [AwsTags.Specification("launch-template", AwsTags.WriteLease(lease))],
            ClientToken = Guid.NewGuid().ToString("D"),
        };
        try
        {
            var made = await _connection.AskAsync($"taking the lease of migration {lease.MigrationId}", ec2 => ec2.CreateLaunchTemplateAsync(request, cancellation), cancellation).ConfigureAwait(false);
            _leases[lease.MigrationId] = new StandingLease(made.LaunchTemplate.LaunchTemplateId, lease);
            return true;
        }
        catch (PlatformException e) when (e.NativeCode == LeaseNotFree)
        {
            return false;
        }
    }

    /// <returns>False where the template is gone: somebody else has deleted it.</returns>
    private async Task<bool> TryOnTemplateAsync<T>(string what, Func<Amazon.EC2.AmazonEC2Client, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            await _connection.AskAsync(what, call, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (PlatformException e) when (e.Kind == PlatformErrorKind.NotFound)
        {
            return false;
        }
    }

    /// <summary>Waits until EC2 shows what was written: this run looks at it before every writing call, and must find it.</summary>
    /// <returns>False where another's stands.</returns>
    private Task<bool> IsSeenAsync(Lease written, Guid? before, CancellationToken cancellation) => _connection.UntilAsync(
        $"the lease of migration {written.MigrationId} to be seen", TimeSpan.FromMinutes(1),
        async () =>
        {
            var standing = await FindLeaseAsync(written.MigrationId, cancellation).ConfigureAwait(false);
            return standing == written ? (true, true)
                : standing is null ? (before == written.Token, false)
                : (standing.Token != written.Token && standing.Token != before, false);
        },
        cancellation);
}
