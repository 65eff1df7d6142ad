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
    /// How the VM changes sides, in modes Warm and Live.
    /// </summary>
    public sealed class Cutover : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Warm: rounds of changes go on until stopping the VM, sending the rest and starting it fit in. Live: how long the VM may be paused at the switch. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("maxDowntime")]
        public string? MaxDowntime { get; set; }

        /// <summary>
        /// After so many rounds no more are tried.
        /// </summary>
        [Input("maxRounds")]
        public int? MaxRounds { get; set; }

        /// <summary>
        /// What to do with a guest that writes faster than its changes can be sent.
        /// </summary>
        [Input("onNoConvergence")]
        public VmMigrate.Sdk.NoConvergence? OnNoConvergence { get; set; }

        /// <summary>
        /// Whether the guest's agent freezes its file systems for the moment of each checkpoint. They are thawed whatever happens.
        /// </summary>
        [Input("quiesce")]
        public bool? Quiesce { get; set; }

        public Cutover()
        {
            MaxDowntime = "60s";
            MaxRounds = 20;
            OnNoConvergence = VmMigrate.Sdk.NoConvergence.Fail;
            Quiesce = true;
        }
        public static new Cutover Empty => new Cutover();
    }
}
