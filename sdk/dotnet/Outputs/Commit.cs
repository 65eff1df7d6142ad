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
    /// What `goal: Committed` does to the source.
    /// </summary>
    [OutputType]
    public sealed class Commit
    {
        /// <summary>
        /// What becomes of the source VM.
        /// </summary>
        public readonly VmMigrate.Sdk.SourceAfterCommit? Source;

        [OutputConstructor]
        private Commit(VmMigrate.Sdk.SourceAfterCommit? source)
        {
            Source = source;
        }
    }
}
