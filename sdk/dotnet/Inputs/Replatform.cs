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
    public sealed class Replatform : global::Pulumi.InvokeArgs
    {
        [Input("dataDisks", required: true)]
        private List<Inputs.DataDisk>? _dataDisks;

        /// <summary>
        /// The disks that are copied block by block and attached to the new VM. All others stay behind.
        /// </summary>
        public List<Inputs.DataDisk> DataDisks
        {
            get => _dataDisks ?? (_dataDisks = new List<Inputs.DataDisk>());
            set => _dataDisks = value;
        }

        [Input("hooks")]
        private List<Inputs.Hook>? _hooks;

        /// <summary>
        /// Commands in the new VM, in this order, after its start and before the gates of `verify`. One that fails or takes too long rolls the move back.
        /// </summary>
        public List<Inputs.Hook> Hooks
        {
            get => _hooks ?? (_hooks = new List<Inputs.Hook>());
            set => _hooks = value;
        }

        /// <summary>
        /// The image at the target, such as `ami-0abc…`. Its architecture decides the new VM's.
        /// </summary>
        [Input("image", required: true)]
        public string Image { get; set; } = null!;

        public Replatform()
        {
        }
        public static new Replatform Empty => new Replatform();
    }
}
