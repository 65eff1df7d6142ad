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
    /// One way to see that the guest is alive at the target. Exactly one kind each. Exactly one of `guestAgent`, `tcp` and `console` must be set.
    /// </summary>
    [OutputType]
    public sealed class Probe
    {
        /// <summary>
        /// The guest's serial console shows a text.
        /// </summary>
        public readonly Outputs.ConsoleProbe? Console;
        /// <summary>
        /// The guest's agent answers a ping.
        /// </summary>
        public readonly Outputs.GuestAgentProbe? GuestAgent;
        /// <summary>
        /// How long to wait between tries. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Interval;
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

            Outputs.GuestAgentProbe? guestAgent,

            string? interval,

            Outputs.TcpProbe? tcp,

            string? timeout)
        {
            Console = console;
            GuestAgent = guestAgent;
            Interval = interval;
            Tcp = tcp;
            Timeout = timeout;
        }
    }
}
