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
    /// A disk that a replatformed VM keeps.
    /// </summary>
    [OutputType]
    public sealed class DataDisk
    {
        /// <summary>
        /// The device name at the new VM, such as `/dev/sdf`. An NVMe guest finds it by `nvme id-ctrl` or its image's udev rules; mounting by UUID or label needs neither.
        /// </summary>
        public readonly string Device;
        /// <summary>
        /// The disk's name at the source, such as `vdb`.
        /// </summary>
        public readonly string Disk;

        [OutputConstructor]
        private DataDisk(
            string device,

            string disk)
        {
            Device = device;
            Disk = disk;
        }
    }
}
