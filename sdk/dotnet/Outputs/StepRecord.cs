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
    /// A step that has been done.
    /// </summary>
    [OutputType]
    public sealed class StepRecord
    {
        /// <summary>
        /// What it did.
        /// </summary>
        public readonly string Detail;
        /// <summary>
        /// The step's name, as preview lists it.
        /// </summary>
        public readonly string Name;
        /// <summary>
        /// How long it took.
        /// </summary>
        public readonly double? Seconds;
        /// <summary>
        /// UTC, RFC 3339.
        /// </summary>
        public readonly string? StartedAt;

        [OutputConstructor]
        private StepRecord(
            string detail,

            string name,

            double? seconds,

            string? startedAt)
        {
            Detail = detail;
            Name = name;
            Seconds = seconds;
            StartedAt = startedAt;
        }
    }
}
