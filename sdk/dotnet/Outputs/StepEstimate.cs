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
    /// A step that a run would do.
    /// </summary>
    [OutputType]
    public sealed class StepEstimate
    {
        /// <summary>
        /// `recorded`, `declared`, `measured` or `assumed`.
        /// </summary>
        public readonly string Basis;
        /// <summary>
        /// What it would copy.
        /// </summary>
        public readonly double Bytes;
        /// <summary>
        /// What it would do.
        /// </summary>
        public readonly string Detail;
        /// <summary>
        /// Whether the VM, which was on, is off in this step or in a part of it.
        /// </summary>
        public readonly bool Down;
        /// <summary>
        /// The step's name.
        /// </summary>
        public readonly string Name;
        /// <summary>
        /// How long it is expected to take.
        /// </summary>
        public readonly double Seconds;
        /// <summary>
        /// How far that may be off.
        /// </summary>
        public readonly Outputs.EstimateRange SecondsRange;

        [OutputConstructor]
        private StepEstimate(
            string basis,

            double bytes,

            string detail,

            bool down,

            string name,

            double seconds,

            Outputs.EstimateRange secondsRange)
        {
            Basis = basis;
            Bytes = bytes;
            Detail = detail;
            Down = down;
            Name = name;
            Seconds = seconds;
            SecondsRange = secondsRange;
        }
    }
}
