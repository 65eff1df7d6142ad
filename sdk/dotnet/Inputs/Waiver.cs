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
    /// Somebody takes the risk of a finding. It is still shown, with who, why and until when.
    /// </summary>
    public sealed class Waiver : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Who takes the risk. Default: whoever declares the migration.
        /// </summary>
        [Input("by")]
        public string? By { get; set; }

        /// <summary>
        /// The check's id, such as `disk.shared`.
        /// </summary>
        [Input("code", required: true)]
        public string Code { get; set; } = null!;

        /// <summary>
        /// Why the risk is taken, in at least 10 characters.
        /// </summary>
        [Input("reason", required: true)]
        public string Reason { get; set; } = null!;

        /// <summary>
        /// Only what is about this, such as `vda`. Default: all that the check finds.
        /// </summary>
        [Input("subject")]
        public string? Subject { get; set; }

        /// <summary>
        /// The last day on which it holds: `2026-12-31` (UTC).
        /// </summary>
        [Input("until", required: true)]
        public string Until { get; set; } = null!;

        public Waiver()
        {
        }
        public static new Waiver Empty => new Waiver();
    }
}
