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
    /// A new VM of an image takes over the VM's data disks; its operating system stays behind.
    /// </summary>
    public sealed class ReplatformArgs : global::Pulumi.ResourceArgs
    {
        [Input("dataDisks", required: true)]
        private InputList<Inputs.DataDiskArgs>? _dataDisks;

        /// <summary>
        /// The disks that are copied block by block and attached to the new VM. All others stay behind.
        /// </summary>
        public InputList<Inputs.DataDiskArgs> DataDisks
        {
            get => _dataDisks ?? (_dataDisks = new InputList<Inputs.DataDiskArgs>());
            set => _dataDisks = value;
        }

        [Input("hooks")]
        private InputList<Inputs.HookArgs>? _hooks;

        /// <summary>
        /// Commands in the new VM, in this order, after its start and before the gates of `verify`. One that fails or takes too long rolls the move back.
        /// </summary>
        public InputList<Inputs.HookArgs> Hooks
        {
            get => _hooks ?? (_hooks = new InputList<Inputs.HookArgs>());
            set => _hooks = value;
        }

        /// <summary>
        /// The image at the target, such as `ami-0abc…`. Its architecture decides the new VM's.
        /// </summary>
        [Input("image", required: true)]
        public Input<string> Image { get; set; } = null!;

        public ReplatformArgs()
        {
        }
        public static new ReplatformArgs Empty => new ReplatformArgs();
    }
}
