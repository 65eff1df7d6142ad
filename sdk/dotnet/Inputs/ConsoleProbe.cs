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
    public sealed class ConsoleProbe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The text to wait for.
        /// </summary>
        [Input("contains", required: true)]
        public string Contains { get; set; } = null!;

        public ConsoleProbe()
        {
        }
        public static new ConsoleProbe Empty => new ConsoleProbe();
    }
}
