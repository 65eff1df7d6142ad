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
    /// A simulated storage pool.
    /// </summary>
    public sealed class SimulatorPoolArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Its size. Disks take only what is written to them. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("capacity")]
        public Input<string>? Capacity { get; set; }

        /// <summary>
        /// Its name.
        /// </summary>
        [Input("name", required: true)]
        public Input<string> Name { get; set; } = null!;

        public SimulatorPoolArgs()
        {
            Capacity = "100TiB";
        }
        public static new SimulatorPoolArgs Empty => new SimulatorPoolArgs();
    }
}
