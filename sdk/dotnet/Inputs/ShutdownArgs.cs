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
    public sealed class ShutdownArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Whether a run with `onDrift: Return` may shut the moved VM down and start it again, within `cutover.window` where one is declared, to put back what its platform changes only while it is off. Without it that is told, and put back by a run that finds the VM off.
        /// </summary>
        [Input("forDrift")]
        public Input<bool>? ForDrift { get; set; }

        /// <summary>
        /// Whether the VM may be switched off when the timeout is over. Without it the migration stops there and the VM runs on.
        /// </summary>
        [Input("force")]
        public Input<bool>? Force { get; set; }

        /// <summary>
        /// How long a clean shutdown (guest agent, then ACPI power button) may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("timeout")]
        public Input<string>? Timeout { get; set; }

        public ShutdownArgs()
        {
            ForDrift = false;
            Force = false;
            Timeout = "2m";
        }
        public static new ShutdownArgs Empty => new ShutdownArgs();
    }
}
