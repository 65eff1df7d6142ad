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
    /// What `goal: Committed` does to the source.
    /// </summary>
    public sealed class CommitArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// What becomes of the source VM.
        /// </summary>
        [Input("source")]
        public Input<VmMigrate.Sdk.SourceAfterCommit>? Source { get; set; }

        public CommitArgs()
        {
            Source = VmMigrate.Sdk.SourceAfterCommit.Remove;
        }
        public static new CommitArgs Empty => new CommitArgs();
    }
}
