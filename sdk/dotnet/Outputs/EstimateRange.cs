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
    /// Eight of ten runs are expected to end between the two.
    /// </summary>
    [OutputType]
    public sealed class EstimateRange
    {
        /// <summary>
        /// Nine of ten take at most so long, in seconds.
        /// </summary>
        public readonly double High;
        /// <summary>
        /// Nine of ten take at least so long, in seconds.
        /// </summary>
        public readonly double Low;

        [OutputConstructor]
        private EstimateRange(
            double high,

            double low)
        {
            High = high;
            Low = low;
        }
    }
}
