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
    /// One way to see that the guest is alive at the target. Exactly one kind each. Exactly one of `guestAgent`, `tcp`, `console`, `http` and `ssh` must be set.
    /// </summary>
    [OutputType]
    public sealed class Probe
    {
        /// <summary>
        /// The guest's serial console shows a text.
        /// </summary>
        public readonly Outputs.ConsoleProbe? Console;
        /// <summary>
        /// After how many failures in a row it is given up before the timeout. 0: only the timeout counts.
        /// </summary>
        public readonly int? Failures;
        /// <summary>
        /// The guest's agent answers a ping.
        /// </summary>
        public readonly Outputs.GuestAgentProbe? GuestAgent;
        /// <summary>
        /// The guest answers an HTTP GET.
        /// </summary>
        public readonly Outputs.HttpProbe? Http;
        /// <summary>
        /// How long to wait between tries. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Interval;
        /// <summary>
        /// A command in the guest succeeds over SSH.
        /// </summary>
        public readonly Outputs.SshProbe? Ssh;
        /// <summary>
        /// How often in a row it has to pass.
        /// </summary>
        public readonly int? Successes;
        /// <summary>
        /// The guest accepts a TCP connection.
        /// </summary>
        public readonly Outputs.TcpProbe? Tcp;
        /// <summary>
        /// How long it may take from the start of the VM. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Timeout;

        [OutputConstructor]
        private Probe(
            Outputs.ConsoleProbe? console,

            int? failures,

            Outputs.GuestAgentProbe? guestAgent,

            Outputs.HttpProbe? http,

            string? interval,

            Outputs.SshProbe? ssh,

            int? successes,

            Outputs.TcpProbe? tcp,

            string? timeout)
        {
            Console = console;
            Failures = failures;
            GuestAgent = guestAgent;
            Http = http;
            Interval = interval;
            Ssh = ssh;
            Successes = successes;
            Tcp = tcp;
            Timeout = timeout;
        }
    }
}
