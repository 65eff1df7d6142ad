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
    /// What a run copies of one disk.
    /// </summary>
    [OutputType]
    public sealed class DiskEstimate
    {
        /// <summary>
        /// What is allocated, and so copied.
        /// </summary>
        public readonly double Bytes;
        /// <summary>
        /// The disk's name, such as `vda`.
        /// </summary>
        public readonly string Disk;
        /// <summary>
        /// What the guest sees.
        /// </summary>
        public readonly double LengthBytes;

        [OutputConstructor]
        private DiskEstimate(
            double bytes,

            string disk,

            double lengthBytes)
        {
            Bytes = bytes;
            Disk = disk;
            LengthBytes = lengthBytes;
        }
    }
}
