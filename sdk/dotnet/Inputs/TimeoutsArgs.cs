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
    /// How long a whole run may take before it stops at a safe point.
    /// </summary>
    public sealed class TimeoutsArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// For the first run. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("create")]
        public Input<string>? Create { get; set; }

        /// <summary>
        /// For the way back at destroy. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("delete")]
        public Input<string>? Delete { get; set; }

        /// <summary>
        /// For later runs. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("update")]
        public Input<string>? Update { get; set; }

        public TimeoutsArgs()
        {
        }
        public static new TimeoutsArgs Empty => new TimeoutsArgs();
    }
}
