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
    /// One disk's digests at the cutover.
    /// </summary>
    [OutputType]
    public sealed class DiskProof
    {
        /// <summary>
        /// The disk's length in bytes.
        /// </summary>
        public readonly double Bytes;
        /// <summary>
        /// The disk's name, such as `vda`.
        /// </summary>
        public readonly string Disk;
        /// <summary>
        /// Over what was read at the source.
        /// </summary>
        public readonly string SourceDigest;
        /// <summary>
        /// Over what was read back at the target.
        /// </summary>
        public readonly string TargetDigest;

        [OutputConstructor]
        private DiskProof(
            double bytes,

            string disk,

            string sourceDigest,

            string targetDigest)
        {
            Bytes = bytes;
            Disk = disk;
            SourceDigest = sourceDigest;
            TargetDigest = targetDigest;
        }
    }
}
