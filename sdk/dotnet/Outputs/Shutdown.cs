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
    /// How the guest is stopped before its disks are copied for the last time.
    /// </summary>
    [OutputType]
    public sealed class Shutdown
    {
        /// <summary>
        /// Whether a run with `onDrift: Return` may shut the moved VM down and start it again, within `cutover.window` where one is declared, to put back what its platform changes only while it is off. Without it that is told, and put back by a run that finds the VM off.
        /// </summary>
        public readonly bool? ForDrift;
        /// <summary>
        /// Whether the VM may be switched off when the timeout is over. Without it the migration stops there and the VM runs on.
        /// </summary>
        public readonly bool? Force;
        /// <summary>
        /// How long a clean shutdown (guest agent, then ACPI power button) may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Timeout;

        [OutputConstructor]
        private Shutdown(
            bool? forDrift,

            bool? force,

            string? timeout)
        {
            ForDrift = forDrift;
            Force = force;
            Timeout = timeout;
        }
    }
}
