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
    /// A role to take on before anything else is asked.
    /// </summary>
    public sealed class AwsAssumeRoleArgs : global::Pulumi.ResourceArgs
    {
        [Input("externalId")]
        private Input<string>? _externalId;

        /// <summary>
        /// The external id that the role's trust policy asks for.
        /// </summary>
        public Input<string>? ExternalId
        {
            get => _externalId;
            set
            {
                var emptySecret = Output.CreateSecret(0);
                _externalId = Output.Tuple<Input<string>?, int>(value, emptySecret).Apply(t => t.Item1);
            }
        }

        /// <summary>
        /// The role's ARN.
        /// </summary>
        [Input("roleArn", required: true)]
        public Input<string> RoleArn { get; set; } = null!;

        /// <summary>
        /// How the session is called in CloudTrail.
        /// </summary>
        [Input("sessionName")]
        public Input<string>? SessionName { get; set; }

        public AwsAssumeRoleArgs()
        {
            SessionName = "vmmigrate";
        }
        public static new AwsAssumeRoleArgs Empty => new AwsAssumeRoleArgs();
    }
}
