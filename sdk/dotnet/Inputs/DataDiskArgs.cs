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
    /// A disk that a replatformed VM keeps.
    /// </summary>
    public sealed class DataDiskArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// The device name at the new VM, such as `/dev/sdf`. An NVMe guest finds it by `nvme id-ctrl` or its image's udev rules; mounting by UUID or label needs neither.
        /// </summary>
        [Input("device", required: true)]
        public Input<string> Device { get; set; } = null!;

        /// <summary>
        /// The disk's name at the source, such as `vdb`.
        /// </summary>
        [Input("disk", required: true)]
        public Input<string> Disk { get; set; } = null!;

        public DataDiskArgs()
        {
        }
        public static new DataDiskArgs Empty => new DataDiskArgs();
    }
}
