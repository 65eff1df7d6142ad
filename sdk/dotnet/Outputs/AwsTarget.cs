// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// How the instance is to be, where the target is an `aws` site.
    /// </summary>
    [OutputType]
    public sealed class AwsTarget
    {
        /// <summary>
        /// How the instance boots. Default: as the VM does.
        /// </summary>
        public readonly VmMigrate.Sdk.AwsBootMode? BootMode;
        /// <summary>
        /// Name or ARN of the instance profile.
        /// </summary>
        public readonly string? InstanceProfile;
        /// <summary>
        /// The instance type. Default: the smallest current one that has the VM's processors and memory.
        /// </summary>
        public readonly string? InstanceType;
        /// <summary>
        /// IOPS of each volume (gp3, io1, io2).
        /// </summary>
        public readonly int? Iops;
        /// <summary>
        /// Name of the EC2 key pair whose public key the image's cloud-init lets in, for `replatform`.
        /// </summary>
        public readonly string? KeyPair;
        /// <summary>
        /// The private IPv4 address of each network interface, in the order of the VM's cards; an empty text lets EC2 choose. Default: the VM's own address where it fits the subnet.
        /// </summary>
        public readonly ImmutableArray<string> PrivateAddresses;
        /// <summary>
        /// Ids of the security groups of every network interface. Default: the VPC's own.
        /// </summary>
        public readonly ImmutableArray<string> SecurityGroups;
        /// <summary>
        /// Whether EC2's system and instance status checks have to be ok before the instance is accepted.
        /// </summary>
        public readonly bool? StatusChecks;
        /// <summary>
        /// How long to wait for them. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? StatusChecksTimeout;
        /// <summary>
        /// Tags on everything that stays: instance, volumes, network interfaces.
        /// </summary>
        public readonly ImmutableDictionary<string, string>? Tags;
        /// <summary>
        /// Throughput of each volume in MiB/s (gp3).
        /// </summary>
        public readonly int? Throughput;

        [OutputConstructor]
        private AwsTarget(
            VmMigrate.Sdk.AwsBootMode? bootMode,

            string? instanceProfile,

            string? instanceType,

            int? iops,

            string? keyPair,

            ImmutableArray<string> privateAddresses,

            ImmutableArray<string> securityGroups,

            bool? statusChecks,

            string? statusChecksTimeout,

            ImmutableDictionary<string, string>? tags,

            int? throughput)
        {
            BootMode = bootMode;
            InstanceProfile = instanceProfile;
            InstanceType = instanceType;
            Iops = iops;
            KeyPair = keyPair;
            PrivateAddresses = privateAddresses;
            SecurityGroups = securityGroups;
            StatusChecks = statusChecks;
            StatusChecksTimeout = statusChecksTimeout;
            Tags = tags;
            Throughput = throughput;
        }
    }
}
