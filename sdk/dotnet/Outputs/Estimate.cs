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
    /// What the next run is expected to take.
    /// </summary>
    [OutputType]
    public sealed class Estimate
    {
        /// <summary>
        /// Where the rate comes from.
        /// </summary>
        public readonly string Basis;
        /// <summary>
        /// Bytes to copy (allocated, not virtual).
        /// </summary>
        public readonly double Bytes;
        /// <summary>
        /// The rate it rests on.
        /// </summary>
        public readonly double BytesPerSecond;
        /// <summary>
        /// How long the VM will be down.
        /// </summary>
        public readonly double DowntimeSeconds;
        /// <summary>
        /// Duration of the run.
        /// </summary>
        public readonly double Seconds;
        /// <summary>
        /// What the run will do, in order.
        /// </summary>
        public readonly ImmutableArray<string> Steps;

        [OutputConstructor]
        private Estimate(
            string basis,

            double bytes,

            double bytesPerSecond,

            double downtimeSeconds,

            double seconds,

            ImmutableArray<string> steps)
        {
            Basis = basis;
            Bytes = bytes;
            BytesPerSecond = bytesPerSecond;
            DowntimeSeconds = downtimeSeconds;
            Seconds = seconds;
            Steps = steps;
        }
    }
}
