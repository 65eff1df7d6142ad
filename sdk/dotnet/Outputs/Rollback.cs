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
    /// What a way back does.
    /// </summary>
    [OutputType]
    public sealed class Rollback
    {
        /// <summary>
        /// What becomes of data written at the target after cutover.
        /// </summary>
        public readonly VmMigrate.Sdk.RollbackChanges? Changes;

        [OutputConstructor]
        private Rollback(VmMigrate.Sdk.RollbackChanges? changes)
        {
            Changes = changes;
        }
    }
}
