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
    /// The guest's serial console shows a text after the start at the target.
    /// </summary>
    [OutputType]
    public sealed class ConsoleProbe
    {
        /// <summary>
        /// The text to wait for.
        /// </summary>
        public readonly string Contains;

        [OutputConstructor]
        private ConsoleProbe(string contains)
        {
            Contains = contains;
        }
    }
}
