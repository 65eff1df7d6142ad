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
    /// How long a whole run may take before it stops at a safe point.
    /// </summary>
    [OutputType]
    public sealed class Timeouts
    {
        /// <summary>
        /// For the first run. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Create;
        /// <summary>
        /// For the way back at destroy. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Delete;
        /// <summary>
        /// For later runs. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        public readonly string? Update;

        [OutputConstructor]
        private Timeouts(
            string? create,

            string? delete,

            string? update)
        {
            Create = create;
            Delete = delete;
            Update = update;
        }
    }
}
