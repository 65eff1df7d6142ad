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
    /// One way to see that the guest is alive at the target. Exactly one kind each. Exactly one of `guestAgent`, `tcp` and `console` must be set.
    /// </summary>
    public sealed class Probe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The guest's serial console shows a text.
        /// </summary>
        [Input("console")]
        public Inputs.ConsoleProbe? Console { get; set; }

        /// <summary>
        /// The guest's agent answers a ping.
        /// </summary>
        [Input("guestAgent")]
        public Inputs.GuestAgentProbe? GuestAgent { get; set; }

        /// <summary>
        /// How long to wait between tries. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("interval")]
        public string? Interval { get; set; }

        /// <summary>
        /// The guest accepts a TCP connection.
        /// </summary>
        [Input("tcp")]
        public Inputs.TcpProbe? Tcp { get; set; }

        /// <summary>
        /// How long it may take from the start of the VM. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("timeout")]
        public string? Timeout { get; set; }

        public Probe()
        {
            Interval = "1s";
            Timeout = "5m";
        }
        public static new Probe Empty => new Probe();
    }
}
