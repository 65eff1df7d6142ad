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
    /// Where the VM should run.
    /// </summary>
    public sealed class TargetArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// How the instance is to be, where the target is an `aws` site.
        /// </summary>
        [Input("aws")]
        public Input<Inputs.AwsTargetArgs>? Aws { get; set; }

        /// <summary>
        /// The host at the target site. Default: the site's only host, or the fullest that still has room for the VM, counting all migrations of the run.
        /// </summary>
        [Input("host")]
        public Input<string>? Host { get; set; }

        /// <summary>
        /// The VM's name at the target. Default: its name at the source.
        /// </summary>
        [Input("name")]
        public Input<string>? Name { get; set; }

        [Input("networks")]
        private InputMap<string>? _networks;

        /// <summary>
        /// From each network of the source to one of the target. A network of the same name at the target needs no entry.
        /// </summary>
        public InputMap<string> Networks
        {
            get => _networks ?? (_networks = new InputMap<string>());
            set => _networks = value;
        }

        /// <summary>
        /// Name of the site in the provider's config.
        /// </summary>
        [Input("site", required: true)]
        public Input<string> Site { get; set; } = null!;

        /// <summary>
        /// The storage pool for the disks. Default: the site's only active pool, or the one of the right class with most free space after all migrations of the run.
        /// </summary>
        [Input("storagePool")]
        public Input<string>? StoragePool { get; set; }

        public TargetArgs()
        {
        }
        public static new TargetArgs Empty => new TargetArgs();
    }
}
