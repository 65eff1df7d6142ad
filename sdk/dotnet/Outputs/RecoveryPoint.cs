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
    /// A moment of the copied disks that the target keeps.
    /// </summary>
    [OutputType]
    public sealed class RecoveryPoint
    {
        /// <summary>
        /// What was sent for it, so what it may take beside the one before.
        /// </summary>
        public readonly double? Bytes;
        /// <summary>
        /// The moment, which names it in `rollback.to`: UTC, RFC 3339.
        /// </summary>
        public readonly string Id;
        /// <summary>
        /// Where it is kept.
        /// </summary>
        public readonly string Site;

        [OutputConstructor]
        private RecoveryPoint(
            double? bytes,

            string id,

            string site)
        {
            Bytes = bytes;
            Id = id;
            Site = site;
        }
    }
}
