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
    /// Which VM moves. Changing it is another migration. Exactly one of `name` and `id` must be set.
    /// </summary>
    public sealed class VmReference : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// The VM's id at its site (libvirt: its UUID), where the name is not unique.
        /// </summary>
        [Input("id")]
        public string? Id { get; set; }

        /// <summary>
        /// The VM's name at its site.
        /// </summary>
        [Input("name")]
        public string? Name { get; set; }

        /// <summary>
        /// Name of the site in the provider's config where the VM is before the move.
        /// </summary>
        [Input("site", required: true)]
        public string Site { get; set; } = null!;

        public VmReference()
        {
        }
        public static new VmReference Empty => new VmReference();
    }
}
