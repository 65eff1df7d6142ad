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
    /// The guest's serial console shows a text after the start at the target.
    /// </summary>
    public sealed class ConsoleProbeArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// The text to wait for.
        /// </summary>
        [Input("contains", required: true)]
        public Input<string> Contains { get; set; } = null!;

        public ConsoleProbeArgs()
        {
        }
        public static new ConsoleProbeArgs Empty => new ConsoleProbeArgs();
    }
}
