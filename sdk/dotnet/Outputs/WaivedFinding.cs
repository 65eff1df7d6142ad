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
    /// What a waiver did to a finding.
    /// </summary>
    [OutputType]
    public sealed class WaivedFinding
    {
        /// <summary>
        /// Who takes the risk.
        /// </summary>
        public readonly string? By;
        /// <summary>
        /// Why the risk is taken.
        /// </summary>
        public readonly string Reason;
        /// <summary>
        /// What the finding was before: `error` or `warning`.
        /// </summary>
        public readonly string Severity;
        /// <summary>
        /// The last day on which the waiver holds.
        /// </summary>
        public readonly string Until;

        [OutputConstructor]
        private WaivedFinding(
            string? by,

            string reason,

            string severity,

            string until)
        {
            By = by;
            Reason = reason;
            Severity = severity;
            Until = until;
        }
    }
}
