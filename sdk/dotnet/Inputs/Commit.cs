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
    public sealed class Commit : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// What becomes of the source VM.
        /// </summary>
        [Input("source")]
        public VmMigrate.Sdk.SourceAfterCommit? Source { get; set; }

        public Commit()
        {
            Source = VmMigrate.Sdk.SourceAfterCommit.Remove;
        }
        public static new Commit Empty => new Commit();
    }
}
