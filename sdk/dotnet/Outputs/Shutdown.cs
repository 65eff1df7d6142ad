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
        /// Whether the VM may be switched off when the timeout is over. Without it the migration stops there and the VM runs on.
        /// </summary>
        public readonly bool? Force;
        /// <summary>
        /// How long a clean shutdown (guest agent, then ACPI power button) may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Timeout;

        [OutputConstructor]
        private Shutdown(
            bool? force,

            string? timeout)
        {
            Force = force;
            Timeout = timeout;
        }
    }
}
