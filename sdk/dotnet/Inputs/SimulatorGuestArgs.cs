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
    /// How the system inside a simulated VM behaves. It travels with the VM.
    /// </summary>
    public sealed class SimulatorGuestArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Whether it has a guest agent.
        /// </summary>
        [Input("agent")]
        public Input<bool>? Agent { get; set; }

        /// <summary>
        /// From power on until its agent answers and it writes. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("boot")]
        public Input<string>? Boot { get; set; }

        /// <summary>
        /// It does nothing when asked to shut down.
        /// </summary>
        [Input("ignoresShutdown")]
        public Input<bool>? IgnoresShutdown { get; set; }

        /// <summary>
        /// It hangs early in boot.
        /// </summary>
        [Input("neverBoots")]
        public Input<bool>? NeverBoots { get; set; }

        /// <summary>
        /// What it says it is.
        /// </summary>
        [Input("os")]
        public Input<string>? Os { get; set; }

        /// <summary>
        /// Records of its journal, each acknowledged to a client, so that lost writes can be counted.
        /// </summary>
        [Input("recordsPerSecond")]
        public Input<double>? RecordsPerSecond { get; set; }

        /// <summary>
        /// From the request until it is off. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("shutdown")]
        public Input<string>? Shutdown { get; set; }

        /// <summary>
        /// How much of each disk that data is spread over. A size with its unit, such as `40GiB`.
        /// </summary>
        [Input("workingSet")]
        public Input<string>? WorkingSet { get; set; }

        /// <summary>
        /// Other data that it overwrites on each disk. A rate with its unit, such as `200 Mbit/s`.
        /// </summary>
        [Input("writeRate")]
        public Input<string>? WriteRate { get; set; }

        public SimulatorGuestArgs()
        {
            Agent = true;
            Boot = "2s";
            IgnoresShutdown = false;
            NeverBoots = false;
            Os = "debian12";
            RecordsPerSecond = 1;
            Shutdown = "1s";
            WorkingSet = "1MiB";
            WriteRate = "256 KiB/s";
        }
        public static new SimulatorGuestArgs Empty => new SimulatorGuestArgs();
    }
}
