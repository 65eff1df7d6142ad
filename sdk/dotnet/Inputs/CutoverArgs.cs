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
    /// How the VM changes sides.
    /// </summary>
    public sealed class CutoverArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Warm: rounds of changes go on until stopping the VM, sending the rest and starting it fit in. Live: how long the VM may be paused at the switch. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("maxDowntime")]
        public Input<string>? MaxDowntime { get; set; }

        /// <summary>
        /// After so many rounds no more are tried.
        /// </summary>
        [Input("maxRounds")]
        public Input<int>? MaxRounds { get; set; }

        /// <summary>
        /// What to do with a guest that writes faster than its changes can be sent.
        /// </summary>
        [Input("onNoConvergence")]
        public Input<VmMigrate.Sdk.NoConvergence>? OnNoConvergence { get; set; }

        /// <summary>
        /// Whether the guest's agent freezes its file systems for the moment of each checkpoint. They are thawed whatever happens.
        /// </summary>
        [Input("quiesce")]
        public Input<bool>? Quiesce { get; set; }

        /// <summary>
        /// How the VM is brought to a stop, in modes Cold and Warm.
        /// </summary>
        [Input("stop")]
        public Input<VmMigrate.Sdk.CutoverStop>? Stop { get; set; }

        /// <summary>
        /// When the running VM may be taken down or moved, such as `Sat 02:00-04:00 Europe/Berlin`, `22:00-04:00` (UTC) or `Mon-Fri 22:00-23:30, Sun 00:00-06:00 Europe/Berlin`. The run waits for it; a warm copy is kept fresh meanwhile. Default: at any time.
        /// </summary>
        [Input("window")]
        public Input<string>? Window { get; set; }

        public CutoverArgs()
        {
            MaxDowntime = "60s";
            MaxRounds = 20;
            OnNoConvergence = VmMigrate.Sdk.NoConvergence.Fail;
            Quiesce = true;
            Stop = VmMigrate.Sdk.CutoverStop.Shutdown;
        }
        public static new CutoverArgs Empty => new CutoverArgs();
    }
}
