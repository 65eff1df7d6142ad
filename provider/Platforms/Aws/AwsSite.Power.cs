using System.Text;
using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Platforms.Aws;

internal sealed partial class AwsSite
{
    /// <summary>EC2 pulls the plug itself some minutes after a stop; a start waits for capacity at most as long.</summary>
    private static readonly TimeSpan StatePatience = TimeSpan.FromMinutes(15);

    public override async Task EnsureRunningAsync(string vmId, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        if (await FenceOfAsync(instance, cancellation).ConfigureAwait(false) is { } fence)
        {
            throw No(PlatformErrorKind.Refused, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} is fenced by migration {fence.Migration}: its root volume {fence.Volume.VolumeId} is detached, and it lives elsewhere now.");
        }

        if (instance.State.Name == InstanceStateName.Stopping)
        {
            await StateAsync(vmId, "stopped", cancellation).ConfigureAwait(false);
        }

        if (InstanceFacts.Power(instance) != PowerState.Running)
        {
            await _connection.AskAsync($"starting instance {vmId}", ec2 => ec2.StartInstancesAsync(new StartInstancesRequest([vmId]), cancellation), cancellation).ConfigureAwait(false);
        }

        await StateAsync(vmId, "running", cancellation).ConfigureAwait(false);
    }

    /// <remarks>
    /// EC2's own stop asks the guest and pulls the plug some minutes later, whatever anybody wants. So a stop without force goes through the guest's agent (SSM) alone.
    /// </remarks>
    public override async Task EnsureOffAsync(string vmId, TimeSpan patience, bool force, CancellationToken cancellation)
    {
        var instance = await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false);
        if (instance.State.Name == InstanceStateName.Stopped)
        {
            return;
        }

        if (instance.State.Name == InstanceStateName.Pending)
        {
            await StateAsync(vmId, "running", cancellation).ConfigureAwait(false);
        }

        if (instance.State.Name != InstanceStateName.Stopping)
        {
            if (patience > TimeSpan.Zero && await AskGuestAsync(vmId, cancellation).ConfigureAwait(false))
            {
                if (await IsOffWithinAsync(vmId, patience, cancellation).ConfigureAwait(false))
                {
                    return;
                }

                if (!force)
                {
                    throw No(PlatformErrorKind.TimedOut, $"{InstanceFacts.NameOf(instance)} ({vmId}) at {Name} was asked to shut down through its SSM agent and still runs after {patience.TotalSeconds:0} s. Set shutdown.force, or look into the guest.");
                }
            }
            else if (!force)
            {
                throw No(PlatformErrorKind.TimedOut, $"The guest of {InstanceFacts.NameOf(instance)} ({vmId}) at {Name} cannot be asked to shut down: its SSM agent does not answer. EC2's own stop asks it too, but pulls the plug some minutes later; set shutdown.force to allow that.");
            }

            await _connection.AskAsync(
                $"stopping instance {vmId}",
                ec2 => ec2.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [vmId], Force = patience == TimeSpan.Zero ? true : null }, cancellation), cancellation).ConfigureAwait(false);
        }

        await StateAsync(vmId, "stopped", cancellation).ConfigureAwait(false);
    }

    public override async Task<bool> PingAgentAsync(string vmId, CancellationToken cancellation) =>
        await FindInstanceAsync(vmId, cancellation).ConfigureAwait(false) is { } instance && instance.State.Name == InstanceStateName.Running
        && await IsAgentOnlineAsync(vmId, cancellation).ConfigureAwait(false);

    public override async Task<string?> ReadConsoleAsync(string vmId, CancellationToken cancellation)
    {
        var latest = _types.Values.FirstOrDefault(type => type.Hypervisor == InstanceTypeHypervisor.Nitro) is not null;
        var output = await _connection.AskAsync(
            $"reading the console of {vmId}",
            ec2 => ec2.GetConsoleOutputAsync(new GetConsoleOutputRequest { InstanceId = vmId, Latest = latest ? true : null }, cancellation), cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(Convert.FromBase64String(output.Output ?? ""));
    }

    public override IReadOnlyList<PlatformGate> GatesOf(MapValue options) =>
        AwsTarget.Read(options) is { StatusChecks: true } target ? [new StatusChecks(_connection, target.StatusChecksTimeout)] : [];

    private async Task StateAsync(string vmId, string state, CancellationToken cancellation) => await _connection.UntilAsync(
        $"instance {vmId} to be {state}", StatePatience,
        async () =>
        {
            var now = (await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false)).State.Name.Value;
            return state == "running" && now == "stopped"
                ? throw No(PlatformErrorKind.Refused, $"Instance {vmId} at {Name} was started and is stopped again: EC2 had no host for it, or the guest ended.")
                : now == state;
        },
        cancellation).ConfigureAwait(false);

    private async Task<bool> IsOffWithinAsync(string vmId, TimeSpan patience, CancellationToken cancellation)
    {
        var since = _time.GetTimestamp();
        while (true)
        {
            var state = (await NeedInstanceAsync(vmId, cancellation).ConfigureAwait(false)).State.Name;
            if (state == InstanceStateName.Stopped)
            {
                return true;
            }

            if (_time.GetElapsedTime(since) > patience)
            {
                return state == InstanceStateName.Stopping;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), _time, cancellation).ConfigureAwait(false);
        }
    }

    // --- The guest's agent: Systems Manager ---

    private async Task<bool> IsAgentOnlineAsync(string vmId, CancellationToken cancellation)
    {
        var ask = new JsonObject { ["Filters"] = new JsonArray(new JsonObject { ["Key"] = "InstanceIds", ["Values"] = new JsonArray(vmId) }) };
        try
        {
            var reply = await _connection.Http.CallJsonAsync("ssm", "AmazonSSM.DescribeInstanceInformation", ask.ToJsonString(), cancellation).ConfigureAwait(false);
            return reply.GetProperty("InstanceInformationList").EnumerateArray().Any(one => one.GetProperty("PingStatus").GetString() == "Online");
        }
        catch (AmazonServiceException e) when (AwsErrors.Kind(e.ErrorCode, e.StatusCode) == PlatformErrorKind.Denied)
        {
            // Not allowed to ask is not an answer; preview says that this right is missing.
            return false;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw AwsErrors.Map(e, Name, $"asking SSM for the agent of {vmId}");
        }
    }

    /// <returns>Whether the agent took the request.</returns>
    private async Task<bool> AskGuestAsync(string vmId, CancellationToken cancellation)
    {
        if (!await IsAgentOnlineAsync(vmId, cancellation).ConfigureAwait(false))
        {
            return false;
        }

        var ask = new JsonObject
        {
            ["DocumentName"] = "AWS-RunShellScript",
            ["InstanceIds"] = new JsonArray(vmId),
            ["Comment"] = "vmmigrate: shutdown before a move",
            ["Parameters"] = new JsonObject { ["commands"] = new JsonArray("shutdown -h now") },
        };
        try
        {
            await _connection.Http.CallJsonAsync("ssm", "AmazonSSM.SendCommand", ask.ToJsonString(), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw AwsErrors.Map(e, Name, $"asking the guest of {vmId} to shut down");
        }
    }
}
