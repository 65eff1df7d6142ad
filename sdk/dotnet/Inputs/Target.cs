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
    public sealed class Target : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// How the instance is to be, where the target is an `aws` site.
        /// </summary>
        [Input("aws")]
        public Inputs.AwsTarget? Aws { get; set; }

        /// <summary>
        /// The host at the target site. Default: the site's only host, or the fullest that still has room for the VM, counting all migrations of the run.
        /// </summary>
        [Input("host")]
        public string? Host { get; set; }

        /// <summary>
        /// The VM's name at the target. Default: its name at the source.
        /// </summary>
        [Input("name")]
        public string? Name { get; set; }

        [Input("networks")]
        private Dictionary<string, string>? _networks;

        /// <summary>
        /// From each network of the source to one of the target. A network of the same name at the target needs no entry.
        /// </summary>
        public Dictionary<string, string> Networks
        {
            get => _networks ?? (_networks = new Dictionary<string, string>());
            set => _networks = value;
        }

        /// <summary>
        /// Name of the site in the provider's config.
        /// </summary>
        [Input("site", required: true)]
        public string Site { get; set; } = null!;

        /// <summary>
        /// The storage pool for the disks. Default: the site's only active pool, or the one of the right class with most free space after all migrations of the run.
        /// </summary>
        [Input("storagePool")]
        public string? StoragePool { get; set; }

        public Target()
        {
        }
        public static new Target Empty => new Target();
    }
}
