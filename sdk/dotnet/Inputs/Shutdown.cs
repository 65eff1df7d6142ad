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
    /// How the guest is stopped before its disks are copied for the last time.
    /// </summary>
    public sealed class Shutdown : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Whether the VM may be switched off when the timeout is over. Without it the migration stops there and the VM runs on.
        /// </summary>
        [Input("force")]
        public bool? Force { get; set; }

        /// <summary>
        /// How long a clean shutdown (guest agent, then ACPI power button) may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("timeout")]
        public string? Timeout { get; set; }

        public Shutdown()
        {
            Force = false;
            Timeout = "2m";
        }
        public static new Shutdown Empty => new Shutdown();
    }
}
