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
    /// Amazon EC2 in one region. Without keys or a profile, AWS's own chain is asked: environment, profile, SSO, container, instance role.
    /// </summary>
    public sealed class AwsSiteArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// An access key, where none is to be taken from the environment.
        /// </summary>
        [Input("accessKeyId")]
        public Input<string>? AccessKeyId { get; set; }

        /// <summary>
        /// A role to take on.
        /// </summary>
        [Input("assumeRole")]
        public Input<Inputs.AwsAssumeRoleArgs>? AssumeRole { get; set; }

        /// <summary>
        /// Blocks on their way at once, of one disk.
        /// </summary>
        [Input("blocksInFlight")]
        public Input<int>? BlocksInFlight { get; set; }

        /// <summary>
        /// The most calls a second to EBS direct for blocks of 512 KiB; stay below the account's quota.
        /// </summary>
        [Input("blocksPerSecond")]
        public Input<int>? BlocksPerSecond { get; set; }

        /// <summary>
        /// One address in place of AWS's endpoints, for test servers.
        /// </summary>
        [Input("endpoint")]
        public Input<string>? Endpoint { get; set; }

        /// <summary>
        /// The KMS key with which disks made here are encrypted. Default: as the account has it.
        /// </summary>
        [Input("kmsKeyArn")]
        public Input<string>? KmsKeyArn { get; set; }

        /// <summary>
        /// A JSON file with your own prices for the cost at preview.
        /// </summary>
        [Input("priceFile")]
        public Input<string>? PriceFile { get; set; }

        /// <summary>
        /// A profile of the shared config and credentials files, also one with SSO or a role.
        /// </summary>
        [Input("profile")]
        public Input<string>? Profile { get; set; }

        /// <summary>
        /// The region, such as `eu-central-1`.
        /// </summary>
        [Input("region", required: true)]
        public Input<string> Region { get; set; } = null!;

        [Input("secretAccessKey")]
        private Input<string>? _secretAccessKey;

        /// <summary>
        /// Its secret.
        /// </summary>
        public Input<string>? SecretAccessKey
        {
            get => _secretAccessKey;
            set
            {
                var emptySecret = Output.CreateSecret(0);
                _secretAccessKey = Output.Tuple<Input<string>?, int>(value, emptySecret).Apply(t => t.Item1);
            }
        }

        [Input("sessionToken")]
        private Input<string>? _sessionToken;

        /// <summary>
        /// Its session token.
        /// </summary>
        public Input<string>? SessionToken
        {
            get => _sessionToken;
            set
            {
                var emptySecret = Output.CreateSecret(0);
                _sessionToken = Output.Tuple<Input<string>?, int>(value, emptySecret).Apply(t => t.Item1);
            }
        }

        public AwsSiteArgs()
        {
            BlocksInFlight = 64;
            BlocksPerSecond = 800;
        }
        public static new AwsSiteArgs Empty => new AwsSiteArgs();
    }
}
