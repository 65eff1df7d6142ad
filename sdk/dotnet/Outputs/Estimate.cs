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
        /// Where the rate comes from: `recorded` runs between the two sites, what was `declared`, what was `measured by a probe` of the link (about two seconds, at preview), or what is `assumed` while nothing is known.
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
        /// What is copied of each disk.
        /// </summary>
        public readonly ImmutableArray<Outputs.DiskEstimate> Disks;
        /// <summary>
        /// How long the VM will be down.
        /// </summary>
        public readonly double DowntimeSeconds;
        /// <summary>
        /// How far that may be off.
        /// </summary>
        public readonly Outputs.EstimateRange? DowntimeSecondsRange;
        /// <summary>
        /// Duration of the run.
        /// </summary>
        public readonly double Seconds;
        /// <summary>
        /// How far that may be off.
        /// </summary>
        public readonly Outputs.EstimateRange? SecondsRange;
        /// <summary>
        /// What the run will do, in order.
        /// </summary>
        public readonly ImmutableArray<string> Steps;

        [OutputConstructor]
        private Estimate(
            string basis,

            double bytes,

            double bytesPerSecond,

            ImmutableArray<Outputs.DiskEstimate> disks,

            double downtimeSeconds,

            Outputs.EstimateRange? downtimeSecondsRange,

            double seconds,

            Outputs.EstimateRange? secondsRange,

            ImmutableArray<string> steps)
        {
            Basis = basis;
            Bytes = bytes;
            BytesPerSecond = bytesPerSecond;
            Disks = disks;
            DowntimeSeconds = downtimeSeconds;
            DowntimeSecondsRange = downtimeSecondsRange;
            Seconds = seconds;
            SecondsRange = secondsRange;
            Steps = steps;
        }
    }
}
