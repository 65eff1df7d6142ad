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
    /// Somebody takes the risk of a finding. It is still shown, with who, why and until when.
    /// </summary>
    [OutputType]
    public sealed class Waiver
    {
        /// <summary>
        /// Who takes the risk. Default: whoever declares the migration.
        /// </summary>
        public readonly string? By;
        /// <summary>
        /// The check's id, such as `disk.shared`.
        /// </summary>
        public readonly string Code;
        /// <summary>
        /// Why the risk is taken, in at least 10 characters.
        /// </summary>
        public readonly string Reason;
        /// <summary>
        /// Only what is about this, such as `vda`. Default: all that the check finds.
        /// </summary>
        public readonly string? Subject;
        /// <summary>
        /// The last day on which it holds: `2026-12-31` (UTC).
        /// </summary>
        public readonly string Until;

        [OutputConstructor]
        private Waiver(
            string? by,

            string code,

            string reason,

            string? subject,

            string until)
        {
            By = by;
            Code = code;
            Reason = reason;
            Subject = subject;
            Until = until;
        }
    }
}
