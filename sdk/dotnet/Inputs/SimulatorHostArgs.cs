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
    /// A simulated host.
    /// </summary>
    public sealed class SimulatorHostArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// `x86_64`, `aarch64`, ...
        /// </summary>
        [Input("architecture")]
        public Input<string>? Architecture { get; set; }

        /// <summary>
        /// Its CPU's model.
        /// </summary>
        [Input("cpuModel")]
        public Input<string>? CpuModel { get; set; }

        /// <summary>
        /// Its CPUs.
        /// </summary>
        [Input("cpus")]
        public Input<int>? Cpus { get; set; }

        /// <summary>
        /// Its memory. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("memory")]
        public Input<string>? Memory { get; set; }

        /// <summary>
        /// Its name.
        /// </summary>
        [Input("name", required: true)]
        public Input<string> Name { get; set; } = null!;

        public SimulatorHostArgs()
        {
            Architecture = "x86_64";
            CpuModel = "Cascadelake-Server";
            Cpus = 64;
            Memory = "512GiB";
        }
        public static new SimulatorHostArgs Empty => new SimulatorHostArgs();
    }
}
