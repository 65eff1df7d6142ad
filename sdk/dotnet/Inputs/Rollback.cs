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

        public Rollback()
        {
            Changes = VmMigrate.Sdk.RollbackChanges.BringBack;
        }
        public static new Rollback Empty => new Rollback();
    }
}
