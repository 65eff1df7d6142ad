// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// How the instance is to be, where the target is an `aws` site.
    /// </summary>
    public sealed class AwsTargetArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// How the instance boots. Default: as the VM does.
        /// </summary>
        [Input("bootMode")]
        public Input<VmMigrate.Sdk.AwsBootMode>? BootMode { get; set; }

        /// <summary>
        /// Name or ARN of the instance profile.
        /// </summary>
        [Input("instanceProfile")]
        public Input<string>? InstanceProfile { get; set; }

        /// <summary>
        /// The instance type. Default: the smallest current one that has the VM's processors and memory.
        /// </summary>
        [Input("instanceType")]
        public Input<string>? InstanceType { get; set; }

        /// <summary>
        /// IOPS of each volume (gp3, io1, io2).
        /// </summary>
        [Input("iops")]
        public Input<int>? Iops { get; set; }

        /// <summary>
        /// Name of the EC2 key pair whose public key the image's cloud-init lets in, for `replatform`.
        /// </summary>
        [Input("keyPair")]
        public Input<string>? KeyPair { get; set; }

        [Input("privateAddresses")]
        private InputList<string>? _privateAddresses;

        /// <summary>
        /// The private IPv4 address of each network interface, in the order of the VM's cards; an empty text lets EC2 choose. Default: the VM's own address where it fits the subnet.
        /// </summary>
        public InputList<string> PrivateAddresses
        {
            get => _privateAddresses ?? (_privateAddresses = new InputList<string>());
            set => _privateAddresses = value;
        }

        [Input("securityGroups")]
        private InputList<string>? _securityGroups;

        /// <summary>
        /// Ids of the security groups of every network interface. Default: the VPC's own.
        /// </summary>
        public InputList<string> SecurityGroups
        {
            get => _securityGroups ?? (_securityGroups = new InputList<string>());
            set => _securityGroups = value;
        }

        /// <summary>
        /// Whether EC2's system and instance status checks have to be ok before the instance is accepted.
        /// </summary>
        [Input("statusChecks")]
        public Input<bool>? StatusChecks { get; set; }

        /// <summary>
        /// How long to wait for them. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("statusChecksTimeout")]
        public Input<string>? StatusChecksTimeout { get; set; }

        [Input("tags")]
        private InputMap<string>? _tags;

        /// <summary>
        /// Tags on everything that stays: instance, volumes, network interfaces.
        /// </summary>
        public InputMap<string> Tags
        {
            get => _tags ?? (_tags = new InputMap<string>());
            set => _tags = value;
        }

        /// <summary>
        /// Throughput of each volume in MiB/s (gp3).
        /// </summary>
        [Input("throughput")]
        public Input<int>? Throughput { get; set; }

        public AwsTargetArgs()
        {
            StatusChecks = true;
            StatusChecksTimeout = "10m";
        }
        public static new AwsTargetArgs Empty => new AwsTargetArgs();
    }
}
