using Amazon.EC2;
using Amazon.EC2.Model;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws;

/// <summary>EC2's own checks of a running instance: of the host under it (system), of the guest's answer at its network card (instance), and of its volumes where EC2 tells that.</summary>
/// <remarks>"Status checks for your instances" in the EC2 user guide. They begin with <c>initializing</c> and take some minutes; a guest without a driver for ENA or NVMe ends as <c>impaired</c>.</remarks>
internal sealed class StatusChecks(AwsConnection connection, TimeSpan timeout) : PlatformGate
{
    public override string Description => "EC2's system and instance status checks are ok";

    public override TimeSpan Timeout => timeout;

    /// <summary>EC2 looks once a minute; the first seconds matter only where checks are fast.</summary>
    public override TimeSpan Interval { get; } = connection.Settings.Endpoint is null ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(100);

    /// <summary>A minute of being impaired: a guest that still configures its network may fail one of EC2's looks.</summary>
    public override int MostBad => 12;

    public override async Task<GateLook> LookAsync(string vmId, CancellationToken cancellation)
    {
        var reply = await connection.AskAsync(
            $"looking at the status checks of {vmId}",
            ec2 => ec2.DescribeInstanceStatusAsync(new DescribeInstanceStatusRequest { InstanceIds = [vmId], IncludeAllInstances = true }, cancellation), cancellation).ConfigureAwait(false);
        if ((reply.InstanceStatuses ?? []).Find(one => one.InstanceId == vmId) is not { } status)
        {
            return new GateLook(false, Bad: false, "EC2 tells no status yet");
        }

        if (status.InstanceState.Name != InstanceStateName.Running)
        {
            return new GateLook(false, Bad: true, $"the instance is {status.InstanceState.Name.Value}");
        }

        var system = status.SystemStatus?.Status?.Value ?? "unknown";
        var instance = status.Status?.Status?.Value ?? "unknown";
        var volumes = status.AttachedEbsStatus?.Status?.Value;
        var told = $"status checks: system {system}, instance {instance}{(volumes is null ? "" : $", volumes {volumes}")}";
        string[] all = volumes is null ? [system, instance] : [system, instance, volumes];
        return new GateLook(all.All(one => one == "ok"), all.Any(one => one == "impaired"), told);
    }
}
