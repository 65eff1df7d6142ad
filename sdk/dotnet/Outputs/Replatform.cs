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
    /// A new VM of an image takes over the VM's data disks; its operating system stays behind.
    /// </summary>
    [OutputType]
    public sealed class Replatform
    {
        /// <summary>
        /// The disks that are copied block by block and attached to the new VM. All others stay behind.
        /// </summary>
        public readonly ImmutableArray<Outputs.DataDisk> DataDisks;
        /// <summary>
        /// Commands in the new VM, in this order, after its start and before the gates of `verify`. One that fails or takes too long rolls the move back.
        /// </summary>
        public readonly ImmutableArray<Outputs.Hook> Hooks;
        /// <summary>
        /// The image at the target, such as `ami-0abc…`. Its architecture decides the new VM's.
        /// </summary>
        public readonly string Image;

        [OutputConstructor]
        private Replatform(
            ImmutableArray<Outputs.DataDisk> dataDisks,

            ImmutableArray<Outputs.Hook> hooks,

            string image)
        {
            DataDisks = dataDisks;
            Hooks = hooks;
            Image = image;
        }
    }
}
