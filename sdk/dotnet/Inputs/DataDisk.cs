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
    public sealed class DataDisk : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The device name at the new VM, such as `/dev/sdf`. An NVMe guest finds it by `nvme id-ctrl` or its image's udev rules; mounting by UUID or label needs neither.
        /// </summary>
        [Input("device", required: true)]
        public string Device { get; set; } = null!;

        /// <summary>
        /// The disk's name at the source, such as `vdb`.
        /// </summary>
        [Input("disk", required: true)]
        public string Disk { get; set; } = null!;

        public DataDisk()
        {
        }
        public static new DataDisk Empty => new DataDisk();
    }
}
