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
    /// What a way back does.
    /// </summary>
    public sealed class Rollback : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// What becomes of data written at the target after cutover.
        /// </summary>
        [Input("changes")]
        public VmMigrate.Sdk.RollbackChanges? Changes { get; set; }

        /// <summary>
        /// How many recovery points of the copy are kept at the target; each run with goal `Replicated` or `Tested` makes one, and the oldest of ours beyond this are removed. 0 keeps none. libvirt (qcow2) and the simulator keep them; elsewhere preview says that none are kept.
        /// </summary>
        [Input("keep")]
        public int? Keep { get; set; }

        /// <summary>
        /// The recovery point to go back to, by its `id` in `recoveryPoints`, or any moment (RFC 3339): the latest point that is not after it. A VM that comes home starts there as it was then; with goal `CutOver` it runs at the target as it was then. It takes the place of `changes`, is done once, and preview says what is lost.
        /// </summary>
        [Input("to")]
        public string? To { get; set; }

        public Rollback()
        {
            Changes = VmMigrate.Sdk.RollbackChanges.BringBack;
            Keep = 5;
        }
        public static new Rollback Empty => new Rollback();
    }
}
