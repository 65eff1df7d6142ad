using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Amazon.EC2.Model;
using Amazon.Runtime;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Text;

namespace VmMigrate.Platforms.Aws;

/// <summary>Codes of Service Quotas, as <c>aws service-quotas list-service-quotas</c> tells them.</summary>
internal static class Quotas
{
    /// <summary>EC2: running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in vCPU.</summary>
    internal const string StandardVcpus = "L-1216C47A";

    /// <summary>EBS: pending snapshots per account; 100 by default, and not raised.</summary>
    internal const string PendingSnapshots = "L-94D7AB7D";

    /// <summary>EBS: PutSnapshotBlock requests per account, a second.</summary>
    internal const string PutsPerSecond = "L-AFAE1BE8";

    /// <summary>Whether a type counts against <see cref="StandardVcpus"/>: the letters before its generation.</summary>
    internal static bool IsStandard(string type) =>
        new string([.. type.TakeWhile(char.IsAsciiLetter)]) is "a" or "c" or "d" or "h" or "i" or "im" or "is" or "m" or "r" or "t" or "z";
}

// What the account may have at once.
internal sealed partial class AwsSite
{
    private async Task PreviewQuotasAsync(InstanceTypeInfo type, VmRequest request, ImmutableArray<Finding>.Builder findings, CancellationToken cancellation)
    {
        if (Quotas.IsStandard(type.InstanceType.Value))
        {
            await PreviewVcpusAsync(type, findings, cancellation).ConfigureAwait(false);
        }
        else
        {
            findings.Add(Finding.Note("quota.vcpu", Target, $"{type.InstanceType} counts against its own family's vCPU quota, which is not looked at here: see Service Quotas, EC2, for {_settings.Region}."));
        }

        var snapshots = await QuotaAsync("ebs", Quotas.PendingSnapshots, cancellation).ConfigureAwait(false);
        if (snapshots.TryGet(out var most))
        {
            var pending = await _connection.AskAsync("counting pending snapshots", ec2 => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"], Filters = [new Filter("status", ["pending"])] }, cancellation), cancellation).ConfigureAwait(false);
            if ((pending.Snapshots ?? []).Count + request.Disks.Length > most)
            {
                findings.Add(Finding.Error("quota.snapshot", Target, $"{request.Disks.Length} snapshots have to be open at once, and {(pending.Snapshots ?? []).Count} of the {most:0} that the account may have pending are. Wait for them; AWS does not raise this quota."));
            }
        }

        var rate = await QuotaAsync("ebs", Quotas.PutsPerSecond, cancellation).ConfigureAwait(false);
        var ours = $"{_settings.BlocksPerSecond}/s ({Human.Bytes((long)_settings.BlocksPerSecond * Ebs.EbsClient.BlockBytes)}/s) to EBS direct, all migrations of this run together";
        findings.Add(rate.TryGet(out var perSecond) && _settings.BlocksPerSecond > perSecond
            ? Finding.Warning("quota.api-rate", Target, $"Blocks are to go at {ours}, and the account's quota is {perSecond:0}/s for everybody in it. Throttling only slows the copy down, and others with it: lower the site's blocksPerSecond, or ask for more in Service Quotas ({Quotas.PutsPerSecond}).")
            : Finding.Note("quota.api-rate", Target, $"Blocks go at most at {ours}; the account's quota is {(rate.IsKnown ? $"{perSecond:0}/s" : "1000/s in most regions (it could not be seen)")}, and throttling only slows the copy down."));
    }

    private async Task PreviewVcpusAsync(InstanceTypeInfo type, ImmutableArray<Finding>.Builder findings, CancellationToken cancellation)
    {
        var quota = await QuotaAsync("ec2", Quotas.StandardVcpus, cancellation).ConfigureAwait(false);
        if (quota.TryGet(out var vcpus))
        {
            var instances = await InstancesAsync([new Filter("instance-state-name", ["running", "pending"])], cancellation).ConfigureAwait(false);
            await DescribeTypesAsync(instances.Select(instance => instance.InstanceType.Value), cancellation).ConfigureAwait(false);
            var used = instances.Where(instance => Quotas.IsStandard(instance.InstanceType.Value)).Sum(instance => _types.GetValueOrDefault(instance.InstanceType.Value)?.VCpuInfo?.DefaultVCpus ?? 0);
            var needed = type.VCpuInfo.DefaultVCpus ?? 0;
            if (used + needed > vcpus)
            {
                findings.Add(Finding.Error("quota.vcpu", Target, $"{type.InstanceType} needs {needed} vCPU, and of the account's {vcpus:0} for standard On-Demand instances in {_settings.Region} {used} are in use. Ask for more in Service Quotas ({Quotas.StandardVcpus}), or stop something."));
            }
        }
        else
        {
            findings.Add(Finding.Note("quota.vcpu", Target, $"The account's vCPU quota could not be seen: {quota.WhyUnknown}."));
        }
    }

    private async Task<Fact<double>> QuotaAsync(string service, string code, CancellationToken cancellation)
    {
        try
        {
            var reply = await _connection.Http.CallJsonAsync(
                "servicequotas", "ServiceQuotasV20190624.GetServiceQuota", new JsonObject { ["ServiceCode"] = service, ["QuotaCode"] = code }.ToJsonString(), cancellation).ConfigureAwait(false);
            return Fact.Known(reply.GetProperty("Quota").GetProperty("Value").GetDouble());
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            return Fact<double>.Unknown(e.Message.TrimEnd('.'));
        }
    }
}
