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
    /// How the VM changes sides.
    /// </summary>
    [OutputType]
    public sealed class Cutover
    {
        /// <summary>
        /// Warm: rounds of changes go on until stopping the VM, sending the rest and starting it fit in. Live: how long the VM may be paused at the switch. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? MaxDowntime;
        /// <summary>
        /// After so many rounds no more are tried.
        /// </summary>
        public readonly int? MaxRounds;
        /// <summary>
        /// What to do with a guest that writes faster than its changes can be sent.
        /// </summary>
        public readonly VmMigrate.Sdk.NoConvergence? OnNoConvergence;
        /// <summary>
        /// Whether the guest's agent freezes its file systems for the moment of each checkpoint. They are thawed whatever happens.
        /// </summary>
        public readonly bool? Quiesce;
        /// <summary>
        /// How the VM is brought to a stop, in modes Cold and Warm.
        /// </summary>
        public readonly VmMigrate.Sdk.CutoverStop? Stop;
        /// <summary>
        /// When the running VM may be taken down or moved, such as `Sat 02:00-04:00 Europe/Berlin`, `22:00-04:00` (UTC) or `Mon-Fri 22:00-23:30, Sun 00:00-06:00 Europe/Berlin`. The run waits for it; a warm copy is kept fresh meanwhile. Default: at any time.
        /// </summary>
        public readonly string? Window;

        [OutputConstructor]
        private Cutover(
            string? maxDowntime,

            int? maxRounds,

            VmMigrate.Sdk.NoConvergence? onNoConvergence,

            bool? quiesce,

            VmMigrate.Sdk.CutoverStop? stop,

            string? window)
        {
            MaxDowntime = maxDowntime;
            MaxRounds = maxRounds;
            OnNoConvergence = onNoConvergence;
            Quiesce = quiesce;
            Stop = stop;
            Window = window;
        }
    }
}
