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
    /// One way to see that the guest is alive at the target. Exactly one kind each. Exactly one of `guestAgent`, `tcp`, `console`, `http` and `ssh` must be set.
    /// </summary>
    public sealed class Probe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The guest's serial console shows a text.
        /// </summary>
        [Input("console")]
        public Inputs.ConsoleProbe? Console { get; set; }

        /// <summary>
        /// After how many failures in a row it is given up before the timeout. 0: only the timeout counts.
        /// </summary>
        [Input("failures")]
        public int? Failures { get; set; }

        /// <summary>
        /// The guest's agent answers a ping.
        /// </summary>
        [Input("guestAgent")]
        public Inputs.GuestAgentProbe? GuestAgent { get; set; }

        /// <summary>
        /// The guest answers an HTTP GET.
        /// </summary>
        [Input("http")]
        public Inputs.HttpProbe? Http { get; set; }

        /// <summary>
        /// How long to wait between tries. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("interval")]
        public string? Interval { get; set; }

        /// <summary>
        /// A command in the guest succeeds over SSH.
        /// </summary>
        [Input("ssh")]
        public Inputs.SshProbe? Ssh { get; set; }

        /// <summary>
        /// How often in a row it has to pass.
        /// </summary>
        [Input("successes")]
        public int? Successes { get; set; }

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
            Failures = 0;
            Interval = "1s";
            Successes = 1;
            Timeout = "5m";
        }
        public static new Probe Empty => new Probe();
    }
}
